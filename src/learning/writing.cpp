#include "learning/writing.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "knowledge/articles.hpp"
#include "text/pii.hpp"

namespace zk::learning {
namespace json = boost::json;
using storage::Query;
using storage::Tx;

namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kMostFailures = 3;  // in a row, then the run ends
constexpr std::size_t kMostNeighbours = 3;

constexpr Query kReserve{
    "model_use.reserve",
    "INSERT INTO model_use (day, calls) VALUES ($1, 1) ON CONFLICT (day) DO UPDATE SET calls = "
    "model_use.calls + 1 WHERE model_use.calls < $2"};
constexpr Query kTokens{"model_use.tokens", "UPDATE model_use SET tokens = tokens + $2 WHERE day = $1"};
constexpr Query kUse{"model_use.find", "SELECT calls, tokens FROM model_use WHERE day = $1"};

std::int64_t day_of(Timestamp t) { return to_micros(t) / (86'400LL * 1'000'000); }

}  // namespace

Result<std::string> nearer_article(const dialogue::Engine& engine, const answering::Answerer& answerer,
                                   const std::string& own, const std::string& question, Timestamp now) {
  ZK_TRY(const auto reply, engine.turn(answerer, {.text = question, .now = now, .channel = "web"}));
  if (reply.candidates.empty() || reply.candidates.front().article_id == own) return std::string();
  // An article that does not answer yet is no candidate: only what another would answer well counts then.
  constexpr double kWell = 0.5;
  const bool live = answerer.knowledge().find(own).has_value();
  return live || reply.candidates.front().probability >= kWell ? reply.candidates.front().article_id
                                                               : std::string();
}

Writing::Writing(storage::Db& db, const Clock& clock, const auth::AuditLog& audit,
                 const knowledge::Library& library, const dialogue::Engine& engine, const Writer* writer,
                 Options options)
    : db_(db),
      clock_(clock),
      audit_(audit),
      library_(library),
      engine_(engine),
      writer_(writer),
      options_(std::move(options)),
      pool_({.name = "writing", .threads = 1, .queue = 1}) {}

Writing::~Writing() { stop(); }

void Writing::stop() {
  cancelled_ = true;
  pool_.stop();
}

WritingRun Writing::run() const {
  const std::lock_guard lock(mutex_);
  return run_;
}

bool Writing::wait(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [&] { return run_.state != "running"; });
}

Status Writing::start(const Start& how) {
  if (!writer_)
    return fail(ErrorCode::kConflict, "no language model is configured; set model.url and model.name");
  auto articles = how.articles;
  ZK_TRY_STATUS(db_.read(after(kPatience), [&](Tx& tx) -> Status {
    for (const auto& id : articles) ZK_TRY_STATUS(knowledge::find(tx, id).map([](const auto&) {}));
    if (!articles.empty()) return {};
    ZK_TRY(const auto drafted, drafted_articles(tx));
    for (const auto& [id, a] : drafted)
      if (a.status == ArticleStatus::kPublished && a.similar.size() < kThin) articles.push_back(id);
    return {};
  }));
  if (articles.empty())
    return fail(ErrorCode::kConflict, fmt::format("every article has {} similar questions or more", kThin));
  const std::lock_guard lock(mutex_);
  if (run_.state == "running") return fail(ErrorCode::kConflict, "questions are being proposed already");
  cancelled_ = false;
  run_ = {.state = "running",
          .actor = how.actor,
          .started_at = clock_.now(),
          .total = static_cast<std::int64_t>(articles.size())};
  const auto posted = pool_.post([this, actor = how.actor, articles] { work(actor, articles); });
  if (!posted) run_ = {};
  return posted;
}

Status Writing::cancel() {
  const std::lock_guard lock(mutex_);
  if (run_.state != "running") return fail(ErrorCode::kConflict, "nothing is being proposed");
  cancelled_ = true;
  return {};
}

void Writing::end(const std::string& state, const std::string& error) {
  {
    const std::lock_guard lock(mutex_);
    run_.state = state;
    run_.error = error;
    run_.ended_at = clock_.now();
  }
  ended_.notify_all();
}

void Writing::work(const std::string& actor, const std::vector<std::string>& articles) {
  int failures = 0;
  for (const auto& article : articles) {
    if (cancelled_) return end("cancelled", "");
    const auto written = write(actor, article);
    if (cancelled_) return end("cancelled", "");
    failures = written ? 0 : failures + 1;
    if (!written)
      log::warn("learning", "no questions proposed article={} code={}", article,
                to_string(written.error().code));
    const bool over = !written && written.error().code == ErrorCode::kRateLimited;
    {
      const std::lock_guard lock(mutex_);
      ++run_.done;
      run_.failed += written ? 0 : 1;
    }
    if (over || failures == kMostFailures || (!written && articles.size() == 1))
      return end("failed", written.error().message);
    if (options_.changed) options_.changed();
  }
  end("done", "");
}

Status Writing::reserve() {
  ZK_TRY(const auto rows, db_.write(after(kPatience), [&](Tx& tx) -> Result<std::int64_t> {
    if (options_.daily_budget == 0) return 0;
    return tx.run(kReserve, {day_of(clock_.now()), options_.daily_budget});
  }));
  if (rows > 0) return {};
  return fail(
      ErrorCode::kRateLimited,
      fmt::format("today's budget of {} calls is used up (model.daily_budget)", options_.daily_budget));
}

Status Writing::write(const std::string& actor, const std::string& id) {
  Article article;
  std::vector<StoredProposal> stored;
  ZK_TRY_STATUS(db_.read(after(kPatience), [&](Tx& tx) -> Status {
    ZK_TRY(article, knowledge::find(tx, id));
    ZK_TRY(stored, stored_proposals(tx));
    return {};
  }));
  Topic topic{.question = article.question,
              .answer = plain_text(article.answer),
              .language = article.language,
              .similar = article.similar,
              .neighbours = {}};
  const auto answerer = library_.current();
  ZK_TRY(const auto near,
         engine_.turn(*answerer, {.text = article.question, .now = clock_.now(), .channel = "web"}));
  for (const auto& c : near.candidates)
    if (const auto at = answerer->knowledge().find(c.article_id);
        at && c.article_id != id && topic.neighbours.size() < kMostNeighbours)
      topic.neighbours.push_back(answerer->knowledge().article(*at).question);
  ZK_TRY_STATUS(reserve());
  const auto written = writer_->write(topic, cancelled_);
  std::vector<Proposed> kept;
  if (written) {
    ZK_TRY(kept, sift(article, written->texts, stored));
  }
  ZK_TRY_STATUS(record(actor, id, written, kept));
  if (!written) return tl::unexpected(written.error());
  const std::lock_guard lock(mutex_);
  run_.found += static_cast<std::int64_t>(kept.size());
  return {};
}

Result<std::vector<Proposed>> Writing::sift(const Article& article, const std::vector<std::string>& texts,
                                            const std::vector<StoredProposal>& stored) const {
  Known known(article, stored);
  const auto answerer = library_.current();
  std::vector<Proposed> out;
  for (const auto& t : texts) {
    if (!known.add(t) || !text::find_pii(t).empty()) continue;
    ZK_TRY(auto near, nearer_article(engine_, *answerer, article.external_id, t, clock_.now()));
    out.push_back({.text = t, .source = "model", .near = std::move(near), .near_question = {}});
  }
  return out;
}

// What the call cost and what came of it, whether it went well or not.
Status Writing::record(const std::string& actor, const std::string& article, const Result<Written>& written,
                       const std::vector<Proposed>& kept) {
  const auto now = clock_.now();
  json::object detail{{"model", writer_->name()}};
  if (written) {
    detail["written"] = written->texts.size();
    detail["kept"] = kept.size();
    detail["tokens"] = written->tokens;
  } else {
    detail["error"] = to_string(written.error().code);
  }
  return db_.write(after(kPatience), [&](Tx& tx) -> Status {
    if (written) ZK_TRY_STATUS(tx.run(kTokens, {day_of(now), written->tokens}).map([](auto) {}));
    ZK_TRY_STATUS(store_proposals(tx, article, kept, actor, now));
    return audit_.append(tx,
                         {now, actor, "learning.proposed", "article:" + article, json::serialize(detail)});
  });
}

Result<ModelUse> Writing::use(Tx& tx, Timestamp now) const {
  ModelUse out{.model = writer_ ? writer_->name() : "", .budget = options_.daily_budget};
  ZK_TRY(const auto row, tx.maybe(kUse, {day_of(now)}));
  if (row) out.calls = row->integer(0), out.tokens = row->integer(1);
  return out;
}

}  // namespace zk::learning
