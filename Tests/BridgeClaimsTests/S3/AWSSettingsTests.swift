import BridgeBytes
import BridgeClaims
import TestKit
import Testing

/// Files of profiles, and what the environment says beside them.
@Suite struct AWSSettingsTests {
    private static func parse(_ text: String) throws -> ProfileFile {
        try ProfileFile(parsing: Bytes(utf8: text).span)
    }

    private static func settings(_ variables: [String: String]) -> AWSSettings {
        AWSSettings { variables[$0] }
    }

    private static func failure(_ variables: [String: String]) -> CredentialFailure? {
        do throws(CredentialFailure) {
            _ = try settings(variables).credentials()
            return nil
        } catch {
            return error
        }
    }

    @Test func `sections and settings, with comments, blanks and other line ends`() throws {
        let file = try Self.parse(
            "# a\n; b\n\n[default]\r\naws_access_key_id = A\r\nKEY=v=w\n[ x y ]\nkey=\n s3 =\n"
                + "s3 =\n  nested = 1\n")
        #expect(try file.value("aws_access_key_id", in: "default") == "A")
        #expect(try file.value("key", in: "default") == "v=w")
        #expect(try file.value("key", in: "x y") == nil)
        #expect(try file.value("nested", in: "x y") == nil)
        #expect(file.has("x y") && !file.has("x"))
    }

    @Test(arguments: [
        ("a = 1\n", 1), ("[x]\nsecret\n", 2), ("[x\n", 1), ("[]\n", 1), ("[x]\n\n= 1\n", 3),
        ("[x]\na b = 1\n", 2), ("[a]b]\n", 1),
    ])
    func `a line that cannot be read is told by its number`(text: String, line: Int) {
        do throws(ProfileFile.Fault) {
            _ = try ProfileFile(parsing: Bytes(utf8: text).span)
            Issue.record("taken")
        } catch {
            #expect(error.line == line && !error.message.contains("secret"))
        }
    }

    @Test func `no UTF-8 is a fault, and so is what stands twice`() throws {
        #expect(throws: ProfileFile.Fault.self) {
            try ProfileFile(parsing: Bytes([0x5B, 0xFF, 0x5D]).span)
        }
        let file = try Self.parse("[x]\na=1\nb=1\na=2\n")
        #expect(throws: ProfileFile.Fault(line: 4, message: "a stands twice in one profile")) {
            try file.value("a", in: "x")
        }
        #expect(try file.value("b", in: "x") == "1")
    }

    @Test func `the environment goes first, and half of a pair is an error`() throws {
        let pair = try Self.settings([
            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
        ]).credentials()
        #expect(pair.accessKeyID == "A" && pair.sessionToken == "t")
        #expect(pair.withSecret { $0.count } == 1)
        #expect(Self.failure(["AWS_ACCESS_KEY_ID": "A"])?.code == .credentialsUnavailable)
        #expect(
            Self.failure(["AWS_SECRET_ACCESS_KEY": "hidden", "AWS_ACCESS_KEY_ID": ""])?.message
                .contains("hidden") == false)
        let blank = Self.failure(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s\n"])
        #expect(blank?.code == .invalidCredentials)
        #expect(Self.failure([:])?.code == .credentialsUnavailable)
    }

    @Test func `a profile gives keys, region and endpoint`() throws {
        let folder = try TemporaryDirectory()
        try TestFile.write(
            "[default]\naws_access_key_id=D\naws_secret_access_key=d\n[lab]\n"
                + "aws_access_key_id=L\naws_secret_access_key=l\naws_session_token=t\n[half]\n"
                + "aws_access_key_id=H\n", to: folder.file("credentials"))
        try TestFile.write(
            "[default]\nregion=r0\n[profile lab]\nregion=r1\nendpoint_url=http://h:1\n",
            to: folder.file("config"))
        let files = [
            "AWS_SHARED_CREDENTIALS_FILE": folder.file("credentials"),
            "AWS_CONFIG_FILE": folder.file("config"),
        ]
        let own = Self.settings(files)
        #expect(try own.credentials().accessKeyID == "D")
        #expect(try own.region() == "r0")
        #expect(try own.endpoint() == nil)
        let lab = Self.settings(files.merging(["AWS_PROFILE": "lab"]) { $1 })
        #expect(try lab.credentials().accessKeyID == "L")
        #expect(try lab.credentials().sessionToken == "t")
        #expect(try lab.region() == "r1" && lab.endpoint() == "http://h:1")
        let named = Self.settings(
            files.merging(["AWS_REGION": "r2", "AWS_ENDPOINT_URL": "http://e"]) { $1 })
        #expect(try named.region() == "r2" && named.endpoint() == "http://e")
        for profile in ["half", "none"] {
            let failure = Self.failure(files.merging(["AWS_PROFILE": profile]) { $1 })
            #expect(failure?.code == .credentialsUnavailable)
            #expect(failure?.message.contains(profile) == true)
        }
    }

    @Test func `a file that cannot be read is told, and one that is not there is none`() throws {
        let folder = try TemporaryDirectory()
        try TestFile.write("[default]\nhush\n", to: folder.file("credentials"))
        let broken = Self.failure(["AWS_SHARED_CREDENTIALS_FILE": folder.file("credentials")])
        #expect(broken?.code == .invalidCredentials)
        #expect(broken?.message.contains("line 2") == true)
        #expect(broken?.message.contains("hush") == false)
        #expect(
            Self.failure(["AWS_SHARED_CREDENTIALS_FILE": folder.path])?.code
                == .credentialsUnavailable)
        #expect(try Self.settings(["HOME": folder.path]).region() == nil)
    }
}
