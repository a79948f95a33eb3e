package import Testing

extension Trait where Self == ConditionTrait {
    /// Skips a test, with the reason, where the shared data is absent.
    package static var needsSharedData: Self {
        .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence))
    }

    /// Skips a test, with the reason, where there is no nats-server.
    package static var needsNATSServer: Self {
        .enabled(if: NATSServerFixture.isPresent, Comment(rawValue: NATSServerFixture.absence))
    }

    /// Skips a test, with the reason, where there is no `openssl` tool to make certificates with.
    package static var needsOpenSSL: Self {
        .enabled(if: TestAuthority.isPresent, Comment(rawValue: TestAuthority.absence))
    }

    /// Skips a test, with the reason, where the library that signs cannot be loaded.
    package static var needsCryptography: Self {
        .enabled(if: KeyPair.canSign, "no OpenSSL 3: its library cannot be loaded")
    }

    /// Skips a test, with the reason, where there is no S3 engine.
    package static var needsS3Engine: Self {
        .enabled(if: SeaweedFixture.isPresent, Comment(rawValue: SeaweedFixture.absence))
    }

    /// Skips a test, with the reason, where there is no Python with the peer's libraries.
    package static var needsPythonPeer: Self {
        .enabled(if: PythonPeer.isPresent, Comment(rawValue: PythonPeer.absence))
    }
}

extension Trait where Self == TimeLimitTrait {
    /// Ends a test that hangs. The time of a test includes its wait for a turn, which lasts as long
    /// as most of the run: so this is longer than any run.
    package static var patient: Self { .timeLimit(.minutes(20)) }
}
