#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <filesystem>

#include "gateway/tests/client.hpp"
#include "gateway/tests/fixture.hpp"

namespace zk::gateway::test {
namespace {
namespace ssl = boost::asio::ssl;
using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "zk-tls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
    make_certificate();
    options_.tls = gateway::Tls{dir_ + "/cert.pem", dir_ + "/key.pem"};
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  // Self-signed, for this test's life only.
  void make_certificate() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME* name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                               -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_sign(cert, key, EVP_sha256());
    FILE* f = std::fopen((dir_ + "/cert.pem").c_str(), "w");
    PEM_write_X509(f, cert);
    std::fclose(f);
    f = std::fopen((dir_ + "/key.pem").c_str(), "w");
    PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(f);
    ::chmod((dir_ + "/key.pem").c_str(), 0600);
    X509_free(cert);
    EVP_PKEY_free(key);
  }

  std::string dir_;
  Options options_;
};

struct TlsClient {
  explicit TlsClient(std::uint16_t port) : context(ssl::context::tls_client), stream(ioc, context) {
    stream.lowest_layer().connect({boost::asio::ip::make_address("127.0.0.1"), port});
    stream.handshake(ssl::stream_base::client);
  }
  std::string until(std::string_view end, std::string_view request) {
    boost::asio::write(stream, boost::asio::buffer(request));
    std::string in;
    boost::asio::read_until(stream, boost::asio::dynamic_buffer(in), std::string(end));
    return in;
  }
  boost::asio::io_context ioc;
  ssl::context context;
  ssl::stream<boost::asio::ip::tcp::socket> stream;
};

TEST_F(Tls, ServesHttpsAndKeepsTheConnection) {
  Running r(options_);
  TlsClient c(r.port());
  for (int i = 0; i < 2; ++i) {
    const auto reply = c.until(" tls", "GET /a HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_THAT(reply, HasSubstr("HTTP/1.1 200 OK"));
    EXPECT_THAT(reply, HasSubstr("Strict-Transport-Security"));
  }
  EXPECT_EQ(r.server->stats().accepted, 1u);
}

TEST_F(Tls, CarriesWebSockets) {
  Running r(options_);
  TlsClient c(r.port());
  EXPECT_THAT(c.until("\r\n\r\n",
                      "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
              HasSubstr("101"));
  // RFC 6455 §5.7: a masked text frame with "Hello"; it comes back unmasked.
  const std::string masked("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  EXPECT_EQ(c.until("Hello", masked), std::string("\x81\x05Hello"));
}

TEST_F(Tls, PlainTextOnATlsPortIsDropped) {
  Running r(options_);
  Client c(r.port());
  EXPECT_EQ(c.get("/").status, 0);
  EXPECT_EQ(r.server->stats().routes[0].by_status_class[1], 0u);
}

TEST_F(Tls, FilesThatDoNotServeAreNamed) {
  App app;
  ::chmod((dir_ + "/key.pem").c_str(), 0644);
  EXPECT_THAT(Server::start(options_, app).error().message, HasSubstr("chmod 600"));
  ::chmod((dir_ + "/key.pem").c_str(), 0600);
  auto o = options_;
  o.tls->certificate_file = dir_ + "/key.pem";
  EXPECT_EQ(Server::start(o, app).error().field, "server.tls_certificate");
  o = options_;
  o.tls->key_file = dir_ + "/absent.pem";
  EXPECT_EQ(Server::start(o, app).error().field, "server.tls_key");
}

}  // namespace
}  // namespace zk::gateway::test
