#include "gateway/socket_handle.hpp"

namespace zk::gateway {

void SocketHandle::send(std::shared_ptr<const std::string> text) {
  const std::lock_guard lock(mutex_);
  if (peer_ == nullptr || overflowed_) return;
  if (frames_ + 1 > max_frames_ || bytes_ + text->size() > max_bytes_) {
    overflowed_ = true;
    queue_ = {};
    head_ = 0;
    peer_->request_close(1013, "too slow: reconnect and resume");
    return;
  }
  ++frames_;
  bytes_ += text->size();
  const bool idle = frames_ == 1;
  queue_.push_back(std::move(text));
  if (idle) peer_->wake();
}

void SocketHandle::close(std::uint16_t code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (peer_ != nullptr) peer_->request_close(code, std::string(reason.substr(0, 120)));
}

std::shared_ptr<const std::string> SocketHandle::next() {
  const std::lock_guard lock(mutex_);
  if (head_ == queue_.size()) {
    // Most sockets are idle most of the time: give the memory of a burst back.
    if (queue_.capacity() > 8) queue_ = {};
    queue_.clear();
    head_ = 0;
    return nullptr;
  }
  return std::move(queue_[head_++]);
}

void SocketHandle::sent(const std::string& frame) {
  const std::lock_guard lock(mutex_);
  --frames_;
  bytes_ -= frame.size();
}

void SocketHandle::detach() {
  const std::lock_guard lock(mutex_);
  peer_ = nullptr;
  queue_ = {};
  head_ = 0;
}

bool SocketHandle::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

}  // namespace zk::gateway
