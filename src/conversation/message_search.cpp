#include "conversation/message_search.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kTexts{"message.texts_after",
                       "SELECT id, text FROM message WHERE id > $1 ORDER BY id LIMIT 5000"};
constexpr Query kFound{"message.found",
                       "SELECT " ZK_MESSAGE_COLUMNS ", m.text" ZK_MESSAGE_FROM "WHERE m.id = $1"};
constexpr Query kConversation{"message.found_in",
                              "SELECT " ZK_CONVERSATION_COLUMNS ZK_CONVERSATION_FROM "WHERE c.id = $1"};
constexpr std::chrono::seconds kReadLimit{30};
constexpr std::size_t kSnippet = 80;
constexpr std::size_t kProposals = 200;       // asked of the archive at a time
constexpr std::size_t kMostProposals = 2000;  // read for one page: then it ends early and says where to go on

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::string snippet(std::string_view text, std::string_view phrase, std::size_t characters) {
  const auto found = text.find(phrase);
  const std::size_t match = found == std::string_view::npos ? 0 : found;
  std::size_t begin = match, before = 0;
  while (begin > 0 && before < characters / 4)
    if (starts_character(text[--begin])) ++before;
  std::size_t end = begin, count = 0;
  while (end < text.size()) {
    if (starts_character(text[end]) && ++count > characters) break;
    ++end;
  }
  std::string out = begin > 0 ? "…" : "";
  out += text.substr(begin, end - begin);
  if (end < text.size()) out += "…";
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

Result<std::unique_ptr<MessageSearch>> MessageSearch::start(storage::Db& db,
                                                            std::unique_ptr<search::MessageArchive> archive) {
  std::unique_ptr<MessageSearch> s(new MessageSearch(db, std::move(archive)));
  s->follower_ = std::make_unique<exec::Periodic>(
      exec::PeriodicOptions{.name = "msg_search", .period = std::chrono::hours(1)}, [m = s.get()] {
        if (auto done = m->catch_up(after(kReadLimit)); !done)
          log::warn("search", "messages not taken in code={} detail={}", to_string(done.error().code),
                    done.error().detail);
      });
  s->listening_ = db.listen([m = s.get()](std::span<const storage::Event> events) {
    if (std::any_of(events.begin(), events.end(), [](const auto& e) { return e.kind == "message.created"; }))
      m->follower_->poke();
  });
  s->follower_->poke();
  return s;
}

MessageSearch::~MessageSearch() {
  listening_ = nullptr;
  if (follower_) follower_->stop();
}

Status MessageSearch::catch_up(Deadline deadline) {
  const std::lock_guard lock(adding_);
  while (true) {
    ZK_TRY(const auto rows,
           db_.read(deadline, [&](storage::Tx& tx) { return tx.all(kTexts, {archive_->last_id()}); }));
    for (const auto& row : rows) ZK_TRY_STATUS(archive_->add(row.integer(0), row.text(1)));
    if (rows.size() < 5000) return {};
    deadline = std::max(deadline, after(kReadLimit));
  }
}

Result<FoundMessages> MessageSearch::find(std::string_view phrase, std::int64_t before, int limit,
                                          Deadline deadline) const {
  return db_.read(deadline, [&](storage::Tx& tx) -> Result<FoundMessages> {
    FoundMessages out;
    std::int64_t at = before > 0 ? before : search::kNewest;
    for (std::size_t read = 0; read < kMostProposals;) {
      const auto proposed = archive_->find(phrase, at, kProposals);
      for (const auto id : proposed) {
        at = id;
        ++read;
        ZK_TRY(auto row, tx.maybe(kFound, {id}));
        if (!row || !search::MessageArchive::contains(row->text(kMessageColumns), phrase)) continue;
        FoundMessage f{read_message(*row), {}, snippet(row->text(kMessageColumns), phrase, kSnippet)};
        ZK_TRY(auto place, tx.one(kConversation, {f.message.conversation_id}));
        f.conversation = read_conversation(place);
        out.items.push_back(std::move(f));
        if (static_cast<int>(out.items.size()) == limit) {
          out.next = at;
          return out;
        }
      }
      if (proposed.size() < kProposals) return out;
    }
    out.next = at;
    return out;
  });
}

}  // namespace zk::conversation
