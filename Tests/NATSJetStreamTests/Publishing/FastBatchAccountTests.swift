internal import BridgeBytes
internal import NATSJetStream
internal import TestKit
internal import Testing

/// What a stream says to a fast batch, word for word as nats-server 2.15.1 does.
@Suite struct FastBatchAccountTests {
    private static func account(
        sent: Int = 0, outstanding: Int = 2, allowsGaps: Bool = false
    ) -> FastBatchAccount {
        var account = FastBatchAccount(maxOutstanding: outstanding, allowsGaps: allowsGaps)
        for _ in 0..<sent { _ = account.sends() }
        return account
    }

    private static func say(
        _ text: String, to number: UInt64, _ account: inout FastBatchAccount
    ) throws -> FastBatchAccount.Answer {
        try account.answered(number, Bytes(utf8: text))
    }

    private static func expect(
        _ text: String, to number: UInt64, _ account: inout FastBatchAccount,
        _ answer: FastBatchAccount.Answer, location: SourceLocation = #_sourceLocation
    ) throws {
        let given = try say(text, to: number, &account)
        #expect(given == answer, sourceLocation: location)
    }

    private static func send(
        _ number: UInt64, _ account: inout FastBatchAccount,
        location: SourceLocation = #_sourceLocation
    ) {
        let given = account.sends()
        #expect(given == number, sourceLocation: location)
    }

    private static let unknown =
        #"{"error":{"code":400,"err_code":10208,"description":"batch publish ID unknown"},"#
        + #""stream":"F","seq":0}"#

    /// The first message goes alone; then two flows are outstanding at most.
    @Test func theFlowSaysHowFarOneMayBeAhead() throws {
        var account = Self.account()
        #expect(!account.mustWait)
        Self.send(1, &account)
        #expect(account.mustWait)
        try Self.expect(#"{"type":"ack","seq":0,"msgs":3}"#, to: 1, &account, .flow)
        for number in UInt64(2)...6 {
            #expect(!account.mustWait, "before \(number)")
            Self.send(number, &account)
        }
        #expect(account.mustWait)
        // A word on later messages stands for those before it, and slows down.
        try Self.expect(#"{"type":"ack","seq":6,"msgs":1}"#, to: 6, &account, .flow)
        #expect(account.reached == 6 && account.flow == 1 && !account.mustWait)
        // One that comes late takes nothing back.
        try Self.expect(#"{"type":"ack","seq":3,"msgs":3}"#, to: 3, &account, .flow)
        #expect(account.reached == 6 && account.flow == 1)
        _ = account.sends()
        #expect(!account.mustWait)
        _ = account.sends()
        #expect(account.mustWait)
    }

    @Test(arguments: [false, true]) func aGapEndsABatchUnlessItMay(allowsGaps: Bool) throws {
        var account = Self.account(sent: 5, allowsGaps: allowsGaps)
        _ = try Self.say(#"{"type":"ack","seq":0,"msgs":10}"#, to: 1, &account)
        try Self.expect(#"{"type":"gap","last_seq":3,"seq":5}"#, to: 5, &account, .gap(3...4))
        #expect(account.isOpen == allowsGaps)
        #expect(!account.mustWait)
        let end = #"{"stream":"F","seq":33,"batch":"u4","count":2}"#
        try Self.expect(end, to: 5, &account, .over)
        #expect(account.isOver && account.reached == 2 && account.lastSequence == 33)
        #expect(account.stream == "F")
        // What was sent behind it says nothing.
        try Self.expect(Self.unknown, to: 5, &account, .nothing)
    }

    @Test(arguments: [false, true]) func aRefusedMessageEndsABatchUnlessItMay(
        allowsGaps: Bool
    ) throws {
        var account = Self.account(sent: 3, allowsGaps: allowsGaps)
        _ = try Self.say(#"{"type":"ack","seq":0,"msgs":10}"#, to: 1, &account)
        let words =
            #"{"type":"err","seq":2,"error":{"code":400,"err_code":10071,"#
            + #""description":"wrong last sequence: 38"}}"#
        let error = JetStreamAPIError(code: 400, errorCode: 10071, text: "wrong last sequence: 38")
        try Self.expect(words, to: 2, &account, .refusal(2, error))
        #expect(account.isOpen == allowsGaps)
    }

    /// The first message may be refused after the batch has begun, and another stream may answer.
    @Test(arguments: [UInt64(1), 3]) func anErrorWithoutATypeEndsIt(number: UInt64) throws {
        var account = Self.account(sent: 3, allowsGaps: true)
        _ = try Self.say(#"{"type":"ack","seq":0,"msgs":10}"#, to: 1, &account)
        let words =
            #"{"error":{"code":400,"err_code":10205,"description":"batch publish is disabled"},"#
            + #""stream":"N","seq":0}"#
        let error = JetStreamAPIError(
            code: 400, errorCode: 10205, text: "batch publish is disabled")
        try Self.expect(words, to: number, &account, .refusal(number, error))
        #expect(!account.isOpen && !account.isOver)
        try Self.expect(Self.unknown, to: number, &account, .nothing)
        account.commits()
        // Only what is said of the final message ends it now.
        try Self.expect(Self.unknown, to: 3, &account, .nothing)
        #expect(account.isCommitting)
        guard case .refusal(4, _) = try Self.say(Self.unknown, to: 4, &account) else {
            Issue.record("the end was not taken")
            return
        }
        #expect(account.isOver && account.reached == 0)
    }

    @Test func whatWasNotSentIsNotCounted() throws {
        var account = Self.account(sent: 4)
        account.takesBack(to: 2)
        #expect(account.sent == 2)
        Self.send(3, &account)
        _ = try Self.say(#"{"type":"ack","seq":3,"msgs":10}"#, to: 3, &account)
        account.takesBack(to: 1)
        #expect(account.sent == 3)
    }

    @Test(
        arguments: [
            "", "[]", "x", #"{"type":"ack","seq":9,"msgs":10}"#, #"{"type":"ack","seq":1}"#,
            #"{"type":"ack","seq":-1,"msgs":1}"#, #"{"type":"ack","seq":1,"msgs":65536}"#,
            #"{"type":"gap","last_seq":5,"seq":5}"#, #"{"type":"gap","seq":5}"#,
            #"{"type":"gap","last_seq":0,"seq":18446744073709551616}"#,
            #"{"type":"err","seq":1}"#, #"{"stream":"","seq":1,"batch":"b","count":1}"#,
            #"{"stream":"S","seq":1}"#, #"{"stream":"S","seq":1,"batch":"b","count":3}"#,
            #"{"type":7}"#,
        ]) func whatNoStreamSaysIsAnError(text: String)
    {
        var account = Self.account(sent: 2)
        let answer = try? account.answered(1, Bytes(utf8: text))
        #expect(answer == nil)
        #expect(account.reached == 0)
    }

    /// Any bytes at all: an answer or a typed error, and never more reached than sent.
    @Test func anyWordsInAnyOrder() {
        var generator = SeededGenerator("FastBatchAccount")
        let words = [
            #"{"type":"ack","seq":2,"msgs":2}"#, #"{"type":"gap","last_seq":1,"seq":3}"#,
            #"{"type":"err","seq":1,"error":{"code":400,"err_code":10071}}"#, Self.unknown,
            #"{"stream":"F","seq":9,"batch":"b","count":3}"#,
        ]
        for _ in 0..<2000 {
            var account = Self.account(
                sent: Int.random(in: 0...5, using: &generator),
                allowsGaps: Bool.random(using: &generator))
            for _ in 0..<6 {
                var bytes = Array(words[Int.random(in: words.indices, using: &generator)].utf8)
                if Bool.random(using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
                _ = try? account.answered(UInt64.random(in: 0...7, using: &generator), Bytes(bytes))
                #expect(account.reached <= account.sent)
                if Bool.random(using: &generator) { account.commits() }
            }
        }
    }
}
