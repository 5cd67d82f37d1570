#include "learning/chat_model.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "text/pii.hpp"
#include "text/text.hpp"

namespace zk::learning {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostKey = 4096, kMostReply = 256 * 1024;
constexpr std::size_t kMostAnswer = 1500,
                      kMostShown = 30;        // characters of the answer, similar questions sent
constexpr std::size_t kMostCharacters = 300;  // of a proposal
constexpr int kMostTokens = 2000;             // of a reply

constexpr std::string_view kTaskChinese =
    "你为客服知识库写相似问：真实客户会怎样问出同一个问题。口语、简短、说法各不相同，可以有省略、错别字和不同"
    "角度，"
    "但意思必须由给出的答案来回答，不得与“其他知识”混淆，不得重复已有的问法，不写人名、电话、单号。"
    "只输出一个 JSON 字符串数组，不要解释。";
constexpr std::string_view kTaskEnglish =
    "You write similar questions for a customer-service knowledge base: how real customers would ask the "
    "same "
    "question. Colloquial, short, each worded differently; the given answer must answer them, they must not "
    "be "
    "taken for one of the other articles, must not repeat what is there, and hold no names or numbers of "
    "people. "
    "Output one JSON array of strings and nothing else.";

json::array masked(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& t : texts)
    if (out.size() < kMostShown) out.emplace_back(text::mask(t));
  return out;
}

// The request's words, masked; kPermissionDenied when something personal is left in them all the same.
Result<std::string> words_of(const Topic& topic) {
  const json::object shown{{"question", text::mask(topic.question)},
                           {"answer", text::mask(text::prefix(topic.answer, kMostAnswer))},
                           {"already", masked(topic.similar)},
                           {"other_articles", masked(topic.neighbours)},
                           {"wanted", topic.wanted}};
  auto out = json::serialize(shown);
  if (!text::find_pii(out).empty())
    return fail(ErrorCode::kPermissionDenied,
                "the article holds personal data that masking leaves; it is not sent to the model");
  return out;
}

// A line without the marks that models put around an item.
std::string tidy(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\n\"";
  const auto from = text.find_first_not_of(kAround);
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(kAround) - from + 1));
}

bool fits(const std::string& text) {
  return !text.empty() && text.find('\n') == std::string::npos &&
         text::prefix(text, kMostCharacters).size() == text.size();
}

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::kMalformed, "the model's reply " + std::move(what));
}

const json::value* member(const json::value& of, std::string_view name) {
  const auto* object = of.if_object();
  return object ? object->if_contains(name) : nullptr;
}

const json::string* content_of(const json::value& reply) {
  const auto* choices = member(reply, "choices");
  const auto* list = choices ? choices->if_array() : nullptr;
  const auto* message = list && !list->empty() ? member(list->front(), "message") : nullptr;
  const auto* content = message ? member(*message, "content") : nullptr;
  return content ? content->if_string() : nullptr;
}

}  // namespace

Result<std::string> read_key(const std::string& path) {
  if (path.empty()) return std::string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(ErrorCode::kNotFound, "cannot read the file of model.key_file", "model.key_file");
  struct stat info {};
  std::array<char, kMostKey> bytes{};
  const bool known = ::fstat(fd, &info) == 0;
  const auto n = ::read(fd, bytes.data(), bytes.size());
  ::close(fd);
  if (!known || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(ErrorCode::kPermissionDenied, "others can read the file of model.key_file: chmod 600 it",
                "model.key_file");
  const auto key = tidy(std::string_view(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0));
  if (key.empty() || !std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; }))
    return fail(ErrorCode::kInvalidArgument, "the file of model.key_file must hold the key as its one line",
                "model.key_file");
  return key;
}

Result<Written> read_completion(std::string_view body) {
  json::error_code ec;
  const auto reply = json::parse(body, ec);
  if (ec) return malformed("is not JSON");
  const auto* content = content_of(reply);
  if (!content) return malformed("has no choices[0].message.content");
  const std::string_view text(*content);
  const auto from = text.find('['), to = text.rfind(']');
  if (from == std::string_view::npos || to == std::string_view::npos || to < from)
    return malformed("holds no list");
  const auto list = json::parse(text.substr(from, to - from + 1), ec);
  if (ec || !list.is_array()) return malformed("holds a list that is not JSON");
  Written out;
  for (const auto& item : list.get_array()) {
    if (!item.is_string()) return malformed("holds a list of other things than texts");
    if (auto line = tidy(item.get_string()); fits(line) && out.texts.size() < kMostWritten)
      out.texts.push_back(std::move(line));
  }
  if (const auto* usage = member(reply, "usage"))
    if (const auto* tokens = member(*usage, "total_tokens"))
      if (const auto* n = tokens->if_int64(); n && *n > 0) out.tokens = *n;
  return out;
}

ChatModel::ChatModel(Options options)
    : options_(std::move(options)),
      client_({.timeout = options_.timeout,
               .max_reply_bytes = kMostReply,
               .allow_internal = options_.allow_internal}) {}

Result<Written> ChatModel::write(const Topic& topic, const std::atomic<bool>& stop) const {
  ZK_TRY(const auto words, words_of(topic));
  const auto task = topic.language.starts_with("en") ? kTaskEnglish : kTaskChinese;
  const json::object body{{"model", options_.name},
                          {"messages", json::array{json::object{{"role", "system"}, {"content", task}},
                                                   json::object{{"role", "user"}, {"content", words}}}},
                          {"temperature", 0.8},
                          {"max_tokens", kMostTokens}};
  constexpr std::string_view kEnd = "/chat/completions";
  auto url = options_.url;
  while (url.ends_with('/')) url.pop_back();
  connect::HttpRequest request{.url = url.ends_with(kEnd) ? url : url + std::string(kEnd),
                               .body = json::serialize(body),
                               .headers = {"Content-Type: application/json"},
                               .stop = &stop};
  if (!options_.key.empty()) request.headers.push_back("Authorization: Bearer " + options_.key);
  ZK_TRY(const auto reply, client_.send(request));
  if (reply.status != 200)
    return fail(ErrorCode::kUnavailable, fmt::format("the model's address answered {}", reply.status));
  return read_completion(reply.body);
}

}  // namespace zk::learning
