#include "conversation/inboxes.hpp"

#include <boost/json.hpp>

namespace zk::conversation {
namespace json = boost::json;
namespace {

constexpr storage::Query kAll{
    "inbox.profiles", "SELECT id, team_id, website_token, identity_secret, settings FROM inbox ORDER BY id"};

std::string text_of(const json::object& o, std::string_view key, std::string_view otherwise = {}) {
  const auto* v = o.if_contains(key);
  return std::string(v && v->is_string() ? std::string_view(v->get_string()) : otherwise);
}
bool flag_of(const json::object& o, std::string_view key, bool otherwise) {
  const auto* v = o.if_contains(key);
  return v && v->is_bool() ? v->get_bool() : otherwise;
}
std::vector<std::string> texts_of(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* v = o.if_contains(key);
  if (!v || !v->is_array()) return out;
  for (const auto& e : v->get_array())
    if (e.is_string()) out.emplace_back(e.get_string());
  return out;
}

Result<InboxProfile> read_profile(const storage::Row& row) {
  json::error_code ec;
  const auto value = json::parse(row.text(4), ec);
  if (ec || !value.is_object())
    return fail(ErrorCode::kDataLoss, "the settings of an inbox are not readable: save them again", {},
                "inbox " + std::to_string(row.integer(0)));
  const auto& settings = value.get_object();
  InboxProfile p;
  p.id = row.id<InboxId>(0);
  p.team_id = row.id<TeamId>(1);
  p.website_token = row.text(2);
  p.sealed_secret = row.text(3);
  p.title = text_of(settings, "title");
  p.brand_color = text_of(settings, "brand_color");
  p.greeting = text_of(settings, "greeting");
  p.locale = text_of(settings, "locale", "zh-CN");
  p.launcher_position = text_of(settings, "launcher_position", "right");
  p.suggested_questions = texts_of(settings, "suggested_questions");
  p.allowed_origins = texts_of(settings, "allowed_origins");
  p.bot_enabled = flag_of(settings, "bot_enabled", true);
  p.require_identity = flag_of(settings, "require_identity", false);
  return p;
}

}  // namespace

Inboxes::Inboxes(storage::Db& db) : db_(db) {
  listening_ = db_.listen([this](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind.starts_with("inbox.")) {
        const std::lock_guard lock(mutex_);
        profiles_ = nullptr;
        ++version_;
      }
  });
}

Result<std::shared_ptr<const Inboxes::Profiles>> Inboxes::profiles(Deadline deadline) const {
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    if (profiles_) return profiles_;
    version = version_;
  }
  ZK_TRY(auto rows, db_.read(deadline, [](storage::Tx& tx) { return tx.all(kAll); }));
  auto read = std::make_shared<Profiles>();
  for (const auto& row : rows) {
    ZK_TRY(auto profile, read_profile(row));
    read->push_back(std::make_shared<const InboxProfile>(std::move(profile)));
  }
  const std::lock_guard lock(mutex_);
  if (version == version_) profiles_ = read;
  return std::shared_ptr<const Profiles>(std::move(read));
}

Result<std::shared_ptr<const InboxProfile>> Inboxes::by_token(std::string_view token,
                                                              Deadline deadline) const {
  ZK_TRY(auto all, profiles(deadline));
  for (const auto& p : *all)
    if (p->website_token == token) return p;
  return fail(ErrorCode::kNotFound, "no inbox has this website token: copy the snippet again",
              "/website_token");
}

Result<std::shared_ptr<const InboxProfile>> Inboxes::by_id(InboxId id, Deadline deadline) const {
  ZK_TRY(auto all, profiles(deadline));
  for (const auto& p : *all)
    if (p->id == id) return p;
  return fail(ErrorCode::kNotFound, "no such inbox");
}

}  // namespace zk::conversation
