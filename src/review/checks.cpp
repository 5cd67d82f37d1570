#include "review/checks.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/log.hpp"
#include "knowledge/target.hpp"
#include "review/questions.hpp"
#include "review/report.hpp"

namespace zk::review {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr auto kFlush = std::chrono::milliseconds(500);
constexpr int kYield = 10;  // nice: customers' turns come first

#define ZK_CHECK_ROW                                                                           \
  "SELECT id, content, base_release, state, step, author, started_at, ended_at, done, total, " \
  "report, error, publish FROM release_check "
constexpr Query kFind{"check.find", ZK_CHECK_ROW "WHERE id = $1"};
constexpr Query kLatest{"check.latest", ZK_CHECK_ROW "WHERE content = $1 ORDER BY id DESC LIMIT 1"};
constexpr Query kDone{"check.done",
                      ZK_CHECK_ROW "WHERE content = $1 AND state = 'done' ORDER BY id DESC LIMIT 1"};
constexpr Query kCutOff{"check.cut_off", ZK_CHECK_ROW "WHERE state = 'running' ORDER BY id DESC LIMIT 1"};
#undef ZK_CHECK_ROW
constexpr Query kInsert{
    "check.insert",
    "INSERT INTO release_check (content, base_release, state, author, started_at, publish) VALUES ($1, $2, "
    "'running', $3, $4, $5) RETURNING id"};
constexpr Query kProgress{"check.progress",
                          "UPDATE release_check SET step = $2, done = $3, total = $4 WHERE id = $1"};
constexpr Query kEnd{
    "check.end",
    "UPDATE release_check SET state = $2, error = $3, report = $4, ended_at = $5, done = $6 WHERE id = $1"};
constexpr Query kVerdicts{"check.verdicts", "SELECT question, body FROM check_verdict WHERE check_id = $1"};
constexpr Query kAddVerdict{"check.add_verdict",
                            "INSERT INTO check_verdict (check_id, question, body) VALUES ($1, $2, $3) ON "
                            "CONFLICT (check_id, question) DO NOTHING"};
constexpr Query kDropVerdicts{"check.drop_verdicts", "DELETE FROM check_verdict WHERE check_id = $1"};

CheckState state_of(const Row& r) {
  return {.id = r.integer(0),
          .content = r.text(1),
          .base_release = r.integer(2),
          .state = r.text(3),
          .step = r.text(4),
          .author = r.text(5),
          .started_at = r.time(6),
          .ended_at = r.time(7),
          .done = r.integer(8),
          .total = r.integer(9),
          .report = r.text(10),
          .error = r.text(11)};
}

json::object object(const Verdict& v) { return {{"d", v.decision}, {"a", v.article}, {"p", v.probability}}; }
Verdict verdict_of(const json::value& v) {
  return {std::string(v.at("d").as_string()), std::string(v.at("a").as_string()),
          v.at("p").to_number<double>()};
}

}  // namespace

struct Checks::Job {
  CheckState state;  // under mutex_
  Start how;
  std::atomic<bool> cancelled{false};
  double target = 0.98;
  std::vector<Item> items;
  std::vector<Verdict> was, is;
  std::vector<char> known;           // verdicts there already
  std::atomic<std::size_t> next{0};  // to be asked
  std::vector<std::size_t> fresh;    // under mutex_: asked, not yet written
  std::shared_ptr<const answering::Answerer> before, after;
  knowledge::Articles draft;
  Asking asking(const dialogue::Engine& engine, Timestamp now) const {
    return {.engine = engine, .target = target, .now = now};
  }
};

Checks::Checks(storage::Db& db, const Clock& clock, const auth::AuditLog& audit, knowledge::Library& library,
               const dialogue::Engine& engine, Options options)
    : db_(db), clock_(clock), audit_(audit), library_(library), engine_(engine), options_(options) {
  resume();
  thread_ = std::thread([this] { loop(); });
}

Checks::~Checks() { stop(); }

void Checks::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// What a restart cut off, unless the draft has moved on.
void Checks::resume() {
  const auto cut_off = db_.read(after(kPatience), [](Tx& tx) { return tx.maybe(kCutOff); });
  if (!cut_off || !*cut_off) return;
  auto job = std::make_shared<Job>();
  job->state = state_of(**cut_off);
  job->how.actor = job->state.author;
  json::error_code ec;
  if (const auto publish = json::parse((*cut_off)->text(12), ec); !ec && publish.is_object()) {
    job->how.publish = true;
    job->how.note = std::string(publish.at("note").as_string());
  }
  job_ = std::move(job);
}

Result<std::int64_t> Checks::start(const Start& how) {
  const std::lock_guard lock(mutex_);
  if (job_) return fail(ErrorCode::kConflict, "a check is running; wait for it or cancel it");
  auto job = std::make_shared<Job>();
  job->how = how;
  const auto publish = how.publish ? json::serialize(json::object{{"note", how.note}}) : std::string();
  const auto now = clock_.now();
  ZK_TRY(job->state, db_.write(after(kPatience), [&](Tx& tx) -> Result<CheckState> {
    ZK_TRY(const auto changes, knowledge::count_changes(tx));
    if (changes == 0)
      return fail(ErrorCode::kConflict, "there is nothing to check: the draft is what answers");
    ZK_TRY(const auto live, knowledge::live_content(tx));
    ZK_TRY(const auto content, knowledge::draft_content(tx));
    ZK_TRY(const auto row, tx.one(kInsert, {content, live.release, how.actor, now, publish}));
    return CheckState{.id = row.integer(0),
                      .content = content,
                      .base_release = live.release,
                      .state = "running",
                      .step = "build",
                      .author = how.actor,
                      .started_at = now};
  }));
  job_ = job;
  wake_.notify_all();
  return job->state.id;
}

Status Checks::cancel(std::int64_t id) {
  {
    const std::lock_guard lock(mutex_);
    if (job_ && job_->state.id == id) {
      job_->cancelled = true;
      wake_.notify_all();
      return {};
    }
  }
  ZK_TRY_STATUS(find(id).map([](const auto&) {}));
  return fail(ErrorCode::kConflict, "this check has ended");
}

Result<CheckState> Checks::find(std::int64_t id) const {
  {
    const std::lock_guard lock(mutex_);
    if (job_ && job_->state.id == id) return job_->state;
  }
  ZK_TRY(const auto row, db_.read(after(kPatience), [&](Tx& tx) { return tx.maybe(kFind, {id}); }));
  if (!row) return fail(ErrorCode::kNotFound, "there is no such check");
  return state_of(*row);
}

Result<std::optional<CheckState>> Checks::latest(Tx& tx, const std::string& content) {
  ZK_TRY(const auto row, tx.maybe(kLatest, {content}));
  return row ? std::optional(state_of(*row)) : std::nullopt;
}

bool Checks::wait(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return wake_.wait_until(lock, deadline, [&] { return !job_; });
}

void Checks::loop() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kYield);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait(lock, [&] { return stopping_ || job_; });
    if (stopping_) return;
    const auto job = job_;
    lock.unlock();
    run(*job);
    lock.lock();
    if (stopping_) return;  // its row says running: the next start goes on
    job_.reset();
    wake_.notify_all();
  }
}

void Checks::run(Job& job) {
  Status done;
  try {
    done = check(job);
  } catch (const std::exception& e) {
    done = fail(ErrorCode::kInternal, "the check failed", {}, e.what());
  }
  if (stopping_) return;
  if (job.cancelled) done = end(job, "cancelled", "");
  if (done) return;
  log::warn("review", "check failed check={} code={} detail={}", job.state.id, to_string(done.error().code),
            done.error().detail);
  if (const auto s = end(job, "failed", done.error().message); !s)
    log::error("review", "a failed check was not written check={} code={}", job.state.id,
               to_string(s.error().code));
}

Status Checks::check(Job& job) {
  ZK_TRY_STATUS(prepare(job));
  if (stopping_ || job.cancelled) return {};
  set_step(job, "ask");
  ZK_TRY_STATUS(ask_all(job));
  if (stopping_ || job.cancelled) return {};
  set_step(job, "compare");
  return finish(job);
}

void Checks::set_step(Job& job, std::string step) {
  const std::lock_guard lock(mutex_);
  job.state.step = std::move(step);
}

// Both knowledge bases, learnt, behind one memory; the questions; verdicts from before a restart.
Status Checks::prepare(Job& job) {
  set_step(job, "build");
  if (!library_.wait(after(std::chrono::minutes(10)), true))
    return fail(ErrorCode::kUnavailable, "the live knowledge base is still learning; try again");
  const auto live = library_.current();
  std::map<std::string, std::pair<Verdict, Verdict>> earlier;
  std::vector<RegressionQuestion> stored;
  ZK_TRY_STATUS(
      db_.write(after(kPatience), [&](Tx& tx) { return take_confirmed(tx, clock_.now()); }).map([](int) {}));
  ZK_TRY(const auto live_articles, db_.read(after(kPatience), knowledge::live));
  ZK_TRY_STATUS(db_.read(after(kPatience), [&](Tx& tx) -> Status {
    ZK_TRY(job.draft, knowledge::draft(tx));
    ZK_TRY(job.target, knowledge::target_precision(tx));
    ZK_TRY(stored, all_questions(tx));
    ZK_TRY(const auto rows, tx.all(kVerdicts, {job.state.id}));
    earlier.clear();
    for (const auto& r : rows) {
      const auto body = json::parse(r.text(1));
      earlier.emplace(r.text(0), std::pair(verdict_of(body.at("before")), verdict_of(body.at("after"))));
    }
    return {};
  }));
  if (job.draft.content != job.state.content)
    return fail(ErrorCode::kConflict, "the draft has changed since the check began; check again");
  for (const auto& q : stored) job.items.push_back({q.text, q.articles, q.source, false});
  if (stored.size() < options_.least_questions) {
    auto more = held_out(job.draft.articles, options_.least_questions - stored.size());
    job.items.insert(job.items.end(), std::make_move_iterator(more.begin()),
                     std::make_move_iterator(more.end()));
  }
  job.was.resize(job.items.size());
  job.is.resize(job.items.size());
  job.known.assign(job.items.size(), 0);
  std::int64_t done = 0;
  for (std::size_t i = 0; i < job.items.size(); ++i)
    if (const auto it = earlier.find(job.items[i].key()); it != earlier.end()) {
      std::tie(job.was[i], job.is[i]) = it->second;
      job.known[i] = 1;
      ++done;
    }
  {
    const std::lock_guard lock(mutex_);
    job.state.total = static_cast<std::int64_t>(job.items.size());
    job.state.done = done;
  }
  const auto& models = library_.models();  // their readers know a question asked a moment ago
  ZK_TRY(job.before, answering::Answerer::build(live_articles.articles, models, live.get()));
  ZK_TRY(job.after, answering::Answerer::build(job.draft.articles, models, live.get()));
  set_step(job, "learn");
  ZK_TRY(job.after, job.after->learn());
  return {};
}

Status Checks::ask_range(Job& job) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kYield);
  const auto how = job.asking(engine_, clock_.now());
  while (!stopping_ && !job.cancelled) {
    const auto i = job.next++;
    if (i >= job.items.size()) break;
    if (job.known[i]) continue;
    ZK_TRY(job.was[i], ask(*job.before, how, job.items[i]));
    ZK_TRY(job.is[i], ask(*job.after, how, job.items[i]));
    const std::lock_guard lock(mutex_);
    job.fresh.push_back(i);
    ++job.state.done;
  }
  return {};
}

Status Checks::ask_all(Job& job) {
  std::vector<Status> results(static_cast<std::size_t>(options_.threads));
  std::atomic<int> busy = options_.threads;
  std::vector<std::thread> workers;
  for (auto& result : results)
    workers.emplace_back([&] {
      try {
        result = ask_range(job);
      } catch (const std::exception& e) {
        result = fail(ErrorCode::kInternal, "a question could not be asked", {}, e.what());
      }
      if (!result) job.next = job.items.size();
      const std::lock_guard lock(mutex_);
      --busy;
      wake_.notify_all();
    });
  Status written;
  {
    std::unique_lock lock(mutex_);
    while (busy > 0 && written) {
      wake_.wait_for(lock, kFlush, [&] { return busy == 0; });
      lock.unlock();
      written = flush(job);
      lock.lock();
    }
  }
  if (!written) job.next = job.items.size();
  for (auto& w : workers) w.join();
  for (auto& r : results) ZK_TRY_STATUS(std::move(r));
  ZK_TRY_STATUS(std::move(written));
  return flush(job);
}

Status Checks::flush(Job& job) {
  std::vector<std::size_t> fresh;
  CheckState state;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(job.fresh);
    state = job.state;
  }
  return db_.write(after(kPatience), [&](Tx& tx) -> Status {
    for (const auto i : fresh) {
      const auto body =
          json::serialize(json::object{{"before", object(job.was[i])}, {"after", object(job.is[i])}});
      const auto key = job.items[i].key();
      ZK_TRY_STATUS(tx.run(kAddVerdict, {state.id, key, body}).map([](auto) {}));
    }
    return tx.run(kProgress, {state.id, state.step, state.done, state.total}).map([](auto) {});
  });
}

Status Checks::finish(Job& job) {
  ZK_TRY(const auto used, db_.read(after(kPatience), [&](Tx& tx) { return usage(tx, clock_.now()); }));
  auto text = report({*job.before, *job.after, job.items, job.was, job.is, job.target, clock_.now()}, used);
  // What answers customers has no memory of the check's questions.
  ZK_TRY(auto snapshot, answering::Answerer::build(job.draft.articles, library_.models(), job.after.get()));
  library_.offer(job.draft.content, std::move(snapshot));
  {
    const std::lock_guard lock(mutex_);
    job.state.report = std::move(text);
  }
  ZK_TRY_STATUS(end(job, "done", ""));
  if (!job.how.publish || !passing_of(job.state.report).passes) return {};
  const auto published = db_.write(after(kPatience), [&](Tx& tx) -> Status {
    ZK_TRY(const auto content, knowledge::draft_content(tx));
    if (content != job.state.content) return {};  // edited meanwhile: what was not checked waits
    return publish(tx,
                   {.actor = job.how.actor, .note = job.how.note, .override_reason = {}, .now = clock_.now()})
        .map([](const auto&) {});
  });
  if (!published)
    log::warn("review", "a passed check was not published check={} code={}", job.state.id,
              to_string(published.error().code));
  return {};
}

Status Checks::end(Job& job, const std::string& state, const std::string& error) {
  CheckState s;
  {
    const std::lock_guard lock(mutex_);
    job.state.state = state;
    job.state.error = error;
    job.state.ended_at = clock_.now();
    s = job.state;
  }
  const auto payload = json::serialize(json::object{
      {"check", s.id}, {"state", s.state}, {"passes", state == "done" && passing_of(s.report).passes}});
  return db_.write(after(kPatience), [&](Tx& tx) -> Status {
    ZK_TRY_STATUS(tx.run(kEnd, {s.id, s.state, s.error, s.report, s.ended_at, s.done}).map([](auto) {}));
    ZK_TRY_STATUS(tx.run(kDropVerdicts, {s.id}).map([](auto) {}));
    return tx
        .append({.at = s.ended_at,
                 .kind = "knowledge.checked",
                 .actor = s.author,
                 .audience = "agents",
                 .payload = payload})
        .map([](auto) {});
  });
}

Result<knowledge::Release> Checks::publish(Tx& tx, const Gate& gate) const {
  ZK_TRY(const auto changes, knowledge::count_changes(tx));
  if (changes == 0)
    return fail(ErrorCode::kConflict, "there is nothing to publish: the draft is what answers");
  ZK_TRY(const bool at_once, knowledge::goes_live_at_once(tx));
  ZK_TRY(const auto content, knowledge::draft_content(tx));
  ZK_TRY(const auto checked, tx.maybe(kDone, {content}));
  knowledge::Publish how{.author = gate.actor, .note = gate.note, .now = gate.now};
  if (checked) {
    const auto passing = passing_of(checked->text(10));
    how.check_id = checked->integer(0);
    how.figures = figures_of(checked->text(10));
    if (!passing.passes && gate.override_reason.empty())
      return fail(ErrorCode::kPreconditionFailed,
                  passing.why + "; correct the articles, or publish with a reason", "/override_reason");
    if (!passing.passes) how.override_reason = gate.override_reason;
  } else if (!at_once) {
    if (gate.override_reason.empty())
      return fail(ErrorCode::kPreconditionFailed,
                  "this draft has not been checked: check it first, or publish with a reason",
                  "/override_reason");
    how.override_reason = gate.override_reason;
  }
  ZK_TRY(auto made, knowledge::publish(tx, how));
  json::object detail{{"check", made->check_id},
                      {"added", made->added},
                      {"changed", made->changed},
                      {"removed", made->removed}};
  if (!made->override_reason.empty()) detail["override_reason"] = made->override_reason;
  ZK_TRY_STATUS(audit_.append(
      tx, {gate.now, gate.actor, made->override_reason.empty() ? "release.published" : "release.overridden",
           fmt::format("release:{}", made->number), json::serialize(detail)}));
  return *std::move(made);
}

Result<knowledge::Release> Checks::roll_back(Tx& tx, std::int64_t to, const Gate& gate) const {
  ZK_TRY(auto made, knowledge::roll_back(tx, to, {.author = gate.actor, .note = gate.note, .now = gate.now}));
  ZK_TRY_STATUS(
      audit_.append(tx, {gate.now, gate.actor, "release.rolled_back", fmt::format("release:{}", made.number),
                         json::serialize(json::object{{"back_to", to}})}));
  return made;
}

}  // namespace zk::review
