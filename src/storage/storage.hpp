// One store behind one face: SQLite (default) or PostgreSQL. The same SQL text with $1 … $n placeholders
// serves both.
//
//   constexpr Query kFind{"article.find", "SELECT id, question FROM article WHERE id = $1"};
//   auto row = db.read(deadline, [&](Tx& tx) { return tx.one(kFind, {id}); });
//   auto done = db.write(deadline, [&](Tx& tx) -> Result<Row> { … tx.run(kInsert, {…}) … });
//
// Types in SQL: BIGINT integers (times are µs UTC, booleans 0/1), REAL, TEXT (UTF-8; JSON is TEXT the code
// parses), bytes. No engine-specific text, date or JSON operators in any Query; `RETURNING`, `ON CONFLICT …
// DO`, `LIMIT` are fine.
//
// Writes: one writer thread a process drains a bounded queue into one transaction (group commit); each
// caller's function runs in its own savepoint, so one that fails undoes only itself. `write` returns after
// COMMIT reached the disk: acknowledged means committed. A full queue answers kUnavailable at once. A write
// function must be quick, must not block, must not call read/write of the same Db, and may run again after a
// serialisation failure (PostgreSQL): it captures by value or resets what it fills. Reads: run on the calling
// thread on one of N pooled read connections, each a consistent snapshot. After a statement failed, every
// further one of the same function fails too and the write is undone, whatever the function returns
// (PostgreSQL knows nothing else): do not provoke kConflict to learn something, use ON CONFLICT. Give exactly
// the parameters that the text names. Never insert into an id column. Thread-safety: Db is safe from any
// thread; a Tx and its Rows belong to the function they were handed to.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/row.hpp"

namespace zk::storage {

// What is appended to the event ledger: the source of live events, webhooks, roll-ups and derived indexes.
struct NewEvent {
  Timestamp at;
  std::string kind;                  // "message.created", … (docs/protocol.md lists them)
  std::int64_t inbox_id = 0;         // 0: not about one inbox
  std::int64_t conversation_id = 0;  // 0: not about one conversation
  std::int64_t contact_id = 0;
  std::string actor;     // "agent:7", "visitor:12", "bot", "system", "key:3"
  std::string audience;  // "agents" or "all" (agents and the conversation's visitor)
  std::string payload;   // JSON object
};
struct Event : NewEvent {
  std::int64_t seq = 0;  // strictly increasing in commit order
};

class Tx {
 public:
  virtual ~Tx() = default;
  // Every row (bounded: at most 1,000,000, else kTooLarge).
  virtual Result<std::vector<Row>> all(const Query& q, Params params) = 0;
  // Calls f for each row without keeping them; f returning false stops.
  virtual Status each(const Query& q, Params params, const std::function<bool(const Row&)>& f) = 0;
  // Number of rows changed. A broken UNIQUE or foreign key is kConflict.
  virtual Result<std::int64_t> run(const Query& q, Params params) = 0;
  // Appends to the ledger in this transaction and returns its seq. Only inside write().
  virtual Result<std::int64_t> append(NewEvent event) = 0;

  Result<std::vector<Row>> all(const Query& q, std::initializer_list<Param> p = {}) {
    return all(q, Params(p.begin(), p.size()));
  }
  Result<std::int64_t> run(const Query& q, std::initializer_list<Param> p = {}) {
    return run(q, Params(p.begin(), p.size()));
  }
  Status each(const Query& q, std::initializer_list<Param> p, const std::function<bool(const Row&)>& f) {
    return each(q, Params(p.begin(), p.size()), f);
  }
  // The first row, or nullopt.
  Result<std::optional<Row>> maybe(const Query& q, std::initializer_list<Param> p = {});
  // The first row; kNotFound when there is none.
  Result<Row> one(const Query& q, std::initializer_list<Param> p = {});
};

struct Options {
  std::string url;                 // "sqlite:/path/zhike.db" or "postgresql://…"
  int readers = 4;                 // read connections, 1 … 64
  std::size_t write_queue = 4096;  // pending writes before kUnavailable
  int max_group = 512;             // writes in one transaction
  bool migrate = true;             // apply pending migrations on open; false: refuse an older schema
};

struct Stats {  // for /metrics; monotonic since open unless said
  std::int64_t commits = 0, writes = 0, rejected = 0, reads = 0;
  std::int64_t queue_depth = 0;   // now
  double commit_seconds_sum = 0;  // time in COMMIT
};

// Called after COMMIT and before write() returns, with events in the order of their seq, one call at a time:
// on the writer thread, or, for what another node committed to the same PostgreSQL, on a thread of the Db.
// Must be quick, must not throw, write to the Db, or add or drop listeners.
using Listener = std::function<void(std::span<const Event>)>;

class Db {
 public:
  virtual ~Db() = default;

  // kUnavailable: another process holds the data directory, or the server is not reachable; kDataLoss:
  // corrupt; kPreconditionFailed: schema newer than this binary, or older with migrate off;
  // kPermissionDenied: read-only.
  static Result<std::unique_ptr<Db>> open(Options options);

  template <class F>
  auto read(Deadline deadline, F&& f) -> std::invoke_result_t<F, Tx&> {
    std::invoke_result_t<F, Tx&> out = fail(ErrorCode::kInternal, "read did not run");
    if (auto s = do_read(deadline, [&](Tx& tx) { out = f(tx); }); !s)
      return tl::unexpected(std::move(s).error());
    return out;
  }
  template <class F>
  auto write(Deadline deadline, F&& f) -> std::invoke_result_t<F, Tx&> {
    std::invoke_result_t<F, Tx&> out = fail(ErrorCode::kInternal, "write did not run");
    auto s = do_write(deadline, [&](Tx& tx) -> Status {
      out = f(tx);
      if (!out) return tl::unexpected(out.error());
      return {};
    });
    if (!s) return tl::unexpected(std::move(s).error());
    return out;
  }
  // The same without waiting. `done` gets what write() would return, once: on the writer thread after COMMIT,
  // or on the calling thread when the write is refused at once. Like a listener it must be quick and must not
  // throw or call read/write of the same Db. f and done are copied.
  template <class F, class Done>
  void write_later(Deadline deadline, F f, Done done) {
    using Out = std::invoke_result_t<F, Tx&>;
    auto out = std::make_shared<Out>(fail(ErrorCode::kInternal, "write did not run"));
    do_write_later(
        deadline,
        [f, out](Tx& tx) -> Status {
          *out = f(tx);
          if (!*out) return tl::unexpected(out->error());
          return {};
        },
        [done, out](Status s) { done(s ? std::move(*out) : Out(tl::unexpected(std::move(s).error()))); });
  }

  // Ledger rows with seq > after, oldest first, at most limit (≤ 10,000).
  virtual Result<std::vector<Event>> events_after(std::int64_t after, int limit) = 0;
  virtual Result<std::int64_t> last_seq() = 0;
  // Removed when the returned handle is destroyed.
  [[nodiscard]] virtual std::shared_ptr<void> listen(Listener listener) = 0;

  // An online, consistent copy to a new file (SQLite file; PostgreSQL: a custom portable dump of all tables).
  virtual Status backup(const std::string& file, const std::function<void(double done)>& progress) = 0;
  virtual Status integrity_check() = 0;
  virtual Stats stats() const = 0;
  virtual std::string_view engine() const = 0;  // "sqlite" | "postgresql"
  // Stops taking writes, finishes those queued, closes. Called by the destructor too.
  virtual void close() = 0;

 protected:
  virtual Status do_read(Deadline deadline, const std::function<void(Tx&)>& f) = 0;
  virtual Status do_write(Deadline deadline, std::function<Status(Tx&)> f) = 0;
  virtual void do_write_later(Deadline deadline, std::function<Status(Tx&)> f,
                              std::function<void(Status)> done) = 0;
};

// For the command line, with or without a server running on the database. progress: 0 … 1, may be empty.
//
// A consistent copy in the new file (mode 0600), the same format from either engine. kConflict: the file
// exists.
Status backup(const std::string& url, const std::string& file,
              const std::function<void(double done)>& progress);
// Checks the copy, then fills the database, which must be new (SQLite) or empty (PostgreSQL), else kConflict.
// All or nothing. A copy of one engine restores into the other.
Status restore(const std::string& url, const std::string& file,
               const std::function<void(double done)>& progress);
// Every page, index, reference and the schema's checksums. kDataLoss, kPreconditionFailed, kNotFound.
Status check(const std::string& url);

}  // namespace zk::storage
