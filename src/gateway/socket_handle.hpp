// Internal: the Socket given to the application. Outlives the connection safely: after the end, send and
// close do nothing. Holds the outbox; the connection takes frames from it on its own thread. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http.hpp"

namespace zk::gateway {

// The connection's side. All calls come under the handle's lock, from any thread, and only post to the I/O
// thread.
class SocketPeer {
 public:
  virtual ~SocketPeer() = default;
  virtual void wake() = 0;
  virtual void request_close(std::uint16_t code, std::string reason) = 0;
};

class SocketHandle final : public Socket {
 public:
  SocketHandle(std::uint64_t id, SocketPeer& peer, std::size_t max_frames, std::size_t max_bytes)
      : id_(id), max_frames_(max_frames), max_bytes_(max_bytes), peer_(&peer) {}

  void send(std::shared_ptr<const std::string> text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  std::uint64_t id() const override { return id_; }

  // The connection's calls, on its thread.
  std::shared_ptr<const std::string> next();  // the frame to send now; nullptr when there is none
  void sent(const std::string& frame);        // that frame has left
  void detach();                              // the connection ends
  bool overflowed() const;

 private:
  const std::uint64_t id_;
  const std::size_t max_frames_, max_bytes_;
  mutable std::mutex mutex_;
  SocketPeer* peer_;  // null after detach()
  std::vector<std::shared_ptr<const std::string>> queue_;
  std::size_t head_ = 0;                // queue_[0, head_) have been taken
  std::size_t frames_ = 0, bytes_ = 0;  // queued or being sent
  bool overflowed_ = false;
};

}  // namespace zk::gateway
