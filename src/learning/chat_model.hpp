// A Writer behind any address that speaks OpenAI's chat completions (POST …/chat/completions; `messages` in,
// `choices[0].message.content` and `usage.total_tokens` out): a hosted model, or one on the same machine.
//
//   ZK_TRY(auto key, read_key("/etc/zhike/model.key"));
//   ChatModel model({.url = "http://127.0.0.1:11434/v1", .name = "qwen3", .key = key, .allow_internal =
//   true});
//
// What is sent is masked, and checked to hold no personal data before it leaves. The key goes into the
// Authorization header and nowhere else.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "connect/http_client.hpp"
#include "learning/writer.hpp"

namespace zk::learning {

// The first line of the file, "" for no file. kPermissionDenied: others than its owner may read it;
// kNotFound; kInvalidArgument: no key, or not one line of printable characters.
Result<std::string> read_key(const std::string& path);

// A reply's body. kMalformed says what is missing, never what the model wrote.
Result<Written> read_completion(std::string_view body);

class ChatModel final : public Writer {
 public:
  struct Options {
    std::string url;   // up to …/v1, or whole
    std::string name;  // of the model
    std::string key;   // "" for none
    std::chrono::milliseconds timeout{30'000};
    bool allow_internal = false;  // an address of this machine or network
  };
  explicit ChatModel(Options options);
  std::string name() const override { return options_.name; }
  Result<Written> write(const Topic& topic, const std::atomic<bool>& stop) const override;

 private:
  const Options options_;
  const connect::HttpClient client_;
};

}  // namespace zk::learning
