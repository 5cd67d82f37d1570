// A blocking client for the tests: raw bytes in, raw bytes out, so that nothing between test and server is
// polite.
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <string_view>

namespace zk::gateway::test {

struct Reply {
  int status = 0;    // 0: the server closed without an answer
  std::string head;  // lower-cased
  std::string raw_head{};
  std::string body;
  std::string header(std::string_view lower_name) const {
    const auto at = head.find("\r\n" + std::string(lower_name) + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + lower_name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(ioc_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }
  void write(std::string_view bytes) {
    boost::system::error_code ignored;  // the server may have closed already; read() shows it
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }
  // One response. head_only: the answer to a HEAD.
  Reply read(bool head_only = false) {
    Reply out;
    boost::system::error_code ec;
    const auto n = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(in_), "\r\n\r\n", ec);
    if (ec) return out;
    out.head = out.raw_head = in_.substr(0, n);
    in_.erase(0, n);
    for (char& c : out.head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    out.status = std::stoi(out.head.substr(9, 3));
    const auto length = out.header("content-length");
    const std::size_t want = head_only || length.empty() ? 0 : std::stoul(length);
    if (in_.size() < want) {
      boost::asio::read(socket_, boost::asio::dynamic_buffer(in_),
                        boost::asio::transfer_exactly(want - in_.size()), ec);
    }
    out.body = in_.substr(0, want);
    in_.erase(0, want);
    return out;
  }
  Reply get(std::string_view target, std::string_view headers = {}) {
    write(
        std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: t\r\n").append(headers).append("\r\n"));
    return read();
  }
  // True when the server has closed its side.
  bool closed() {
    char c;
    boost::system::error_code ec;
    const auto n = socket_.read_some(boost::asio::buffer(&c, 1), ec);
    return n == 0 && ec;
  }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  boost::asio::io_context ioc_;
  boost::asio::ip::tcp::socket socket_;
  std::string in_;
};

}  // namespace zk::gateway::test
