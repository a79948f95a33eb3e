import BridgeSockets
import TestKit
import Testing

@Suite struct PublicAddressTests {
    private func isPublic(_ host: String) throws -> Bool {
        try #require(Address(numericHost: host, port: 80)).isPublic
    }

    @Test(
        "Addresses of the internet are public",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
            "126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0",
            "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
            "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1",
        ])
    func open(_ host: String) throws {
        #expect(try isPublic(host))
    }

    @Test(
        "What is set apart is not, in whatever form it is wrapped",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255",
            "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255",
            "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
            "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
            "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:1.1.1.1",
            "::ffff:127.0.0.1", "::1.1.1.1", "64:ff9b::1.1.1.1", "64:ff9b:1::1", "100::1",
            "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1",
            "3fff:fff:ffff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
            "ff02::1",
        ])
    func closed(_ host: String) throws {
        #expect(try !isPublic(host))
    }
}
