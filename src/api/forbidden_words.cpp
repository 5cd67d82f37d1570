// Words that may not be said.
#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"
#include "guard/forbidden.hpp"

namespace zk::api {
namespace {

const std::vector<Field> kFields = {{"word", is::line(100), kRequired},
                                    {"exceptions", is::list(is::line(100), 50), Presence::kOptional,
                                     "longer phrases in which the word is harmless"},
                                    {"applies", is::one_of({"all", "bot", "agent"}), Presence::kOptional,
                                     "whose messages it stops; all if absent"}};
const Schema kDraft = is::object("ForbiddenWordDraft", kFields);
const Schema kWord = is::object("ForbiddenWord", [] {
  auto fields = kFields;
  for (auto& f : fields) f.presence = kRequired;
  fields.insert(fields.begin(), {"id", is::id(), kRequired});
  fields.push_back({"author", is::line(100, 0), kRequired});
  fields.push_back({"created_at", is::nullable(is::time()), kRequired});
  return fields;
}());

json::object object(const guard::ForbiddenWord& w) {
  return {{"id", w.id},
          {"word", w.word},
          {"exceptions", json::array(w.exceptions.begin(), w.exceptions.end())},
          {"applies", guard::to_string(w.applies)},
          {"author", w.author},
          {"created_at", iso(w.created_at)}};
}

guard::ForbiddenWord draft(const Context& c) {
  return {.word = std::string(c.body().text("word")),
          .exceptions = c.body().texts("exceptions"),
          .applies = guard::applies(c.body().text("applies", "all")).value_or(guard::Applies::kAll),
          .author = c.caller().actor(),
          .created_at = c.now()};
}

// The event has no words in it: whoever may read the list reads it.
Status changed(const Context& c, storage::Tx& tx, std::string action, std::int64_t id) {
  ZK_TRY_STATUS(c.event(tx, "forbidden_words.updated", json::object{{"id", id}}));
  return c.audit(tx, std::move(action), "forbidden_word:" + std::to_string(id));
}

Result<Reply> list(Context& c) {
  ZK_TRY(const auto words, c.read(guard::forbidden_words));
  json::array items;
  for (const auto& w : words) items.push_back(object(w));
  return Context::json(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Result<Reply> create(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto w, guard::add(tx, draft(c)));
    ZK_TRY_STATUS(changed(c, tx, "forbidden_word.created", w.id));
    return Context::json(object(w));
  });
}

Result<Reply> update(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    auto wanted = draft(c);
    wanted.id = c.id();
    ZK_TRY(const auto w, guard::change(tx, wanted));
    ZK_TRY_STATUS(changed(c, tx, "forbidden_word.updated", w.id));
    return Context::json(object(w));
  });
}

Result<Reply> erase(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(guard::remove(tx, c.id()));
    ZK_TRY_STATUS(changed(c, tx, "forbidden_word.deleted", c.id()));
    return Context::nothing();
  });
}

}  // namespace

std::vector<Route> forbidden_word_routes() {
  using P = Permission;
  const std::string path = "/api/v1/forbidden-words";
  return {{.method = Method::kGet,
           .path = path,
           .access = P::kSettingsRead,
           .summary = "Words that may not be said",
           .query = page_query(),
           .reply = is::page(kWord),
           .handler = list},
          {.method = Method::kPost,
           .path = path,
           .access = P::kSettingsWrite,
           .summary = "Forbid a word",
           .body = kDraft,
           .status = 201,
           .reply = kWord,
           .handler = create},
          {.method = Method::kPatch,
           .path = path + "/{id}",
           .access = P::kSettingsWrite,
           .summary = "Change a forbidden word as a whole",
           .body = kDraft,
           .reply = kWord,
           .handler = update},
          {.method = Method::kDelete,
           .path = path + "/{id}",
           .access = P::kSettingsWrite,
           .summary = "Allow a word again",
           .status = 204,
           .handler = erase}};
}

}  // namespace zk::api
