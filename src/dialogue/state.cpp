#include "dialogue/state.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace zk::dialogue {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostQuestionBytes = 400;
constexpr std::size_t kMostIds = 12;

// Cuts at a character's edge.
std::string cut(std::string_view s) {
  if (s.size() <= kMostQuestionBytes) return std::string(s);
  auto end = kMostQuestionBytes;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xC0U) == 0x80U) --end;
  return std::string(s.substr(0, end));
}

std::string text(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v && v->is_string() ? cut(v->get_string()) : std::string{};
}

std::vector<std::string> ids(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* v = o.if_contains(key); v && v->is_array())
    for (const auto& e : v->get_array())
      if (e.is_string() && out.size() < kMostIds) out.push_back(cut(e.get_string()));
  return out;
}

json::array array_of(const std::vector<std::string>& ids) { return json::array(ids.begin(), ids.end()); }

}  // namespace

void State::answered(std::string_view question, std::string_view article_id) {
  if (topics.empty() || topics.front().article_id != article_id) {
    std::erase_if(topics, [&](const Topic& t) { return t.article_id == article_id; });
    topics.insert(topics.begin(), Topic{});
  }
  topics.front() = {cut(question), std::string(article_id)};
  std::erase(given, article_id);
  given.emplace_back(article_id);
  if (given.size() > kMostIds) given.erase(given.begin());
  if (topics.size() > kMostTopics) topics.resize(kMostTopics);
  declined.clear();
  clear_pending();
}

void State::clear_pending() {
  asked.clear();
  options.clear();
  rounds = 0;
}

State read_state(std::string_view text_form) {
  State s;
  boost::system::error_code error;
  const auto value = json::parse(text_form, error);
  if (error || !value.is_object()) return s;
  const auto& o = value.get_object();
  if (const auto* v = o.if_contains("topics"); v && v->is_array())
    for (const auto& t : v->get_array())
      if (t.is_object() && s.topics.size() < State::kMostTopics)
        s.topics.push_back({text(t.get_object(), "q"), text(t.get_object(), "id")});
  s.asked = text(o, "asked");
  s.options = ids(o, "options");
  s.declined = ids(o, "declined");
  s.given = ids(o, "given");
  if (const auto* v = o.if_contains("flow");
      v && v->is_string() && v->get_string().size() <= State::kMostFlowBytes)
    s.flow = v->get_string();
  if (const auto* v = o.if_contains("rounds"); v && v->is_int64())
    s.rounds = static_cast<int>(std::clamp<std::int64_t>(v->get_int64(), 0, 99));
  return s;
}

std::string write_state(const State& s) {
  json::array topics;
  for (const auto& t : s.topics) topics.push_back(json::object{{"q", t.question}, {"id", t.article_id}});
  return json::serialize(json::object{{"topics", topics},
                                      {"asked", s.asked},
                                      {"options", array_of(s.options)},
                                      {"declined", array_of(s.declined)},
                                      {"rounds", s.rounds},
                                      {"given", array_of(s.given)},
                                      {"flow", s.flow}});
}

}  // namespace zk::dialogue
