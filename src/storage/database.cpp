#include "storage/database.hpp"

#include <algorithm>

#include "storage/transaction.hpp"

namespace zk::storage {
namespace {
constexpr auto kLedgerReadLimit = std::chrono::seconds(30);
constexpr int kMaxEvents = 10'000;
}  // namespace

Result<std::unique_ptr<Db>> Db::open(Options options) {
  if (options.readers < 1 || options.readers > 64) {
    return fail(ErrorCode::kInvalidArgument, "database.readers must be 1 to 64", "readers");
  }
  if (options.write_queue < 1 || options.max_group < 1) {
    return fail(ErrorCode::kInvalidArgument, "database.write_queue and database.max_group must be at least 1",
                "write_queue");
  }
  constexpr std::string_view kSqlite = "sqlite:";
  if (options.url.starts_with(kSqlite) && options.url.size() > kSqlite.size()) {
    return open_sqlite(options, options.url.substr(kSqlite.size()));
  }
  if (is_postgres(options.url)) return open_postgres(options);
  return fail(ErrorCode::kInvalidArgument,
              "the database URL must be sqlite:/path/to/file.db or postgresql://…", "database");
}

Database::Database(const Options& options, std::unique_ptr<Connection> writer, Connect connect_writer,
                   Connect connect_reader)
    : readers_(std::move(connect_reader), options.readers),
      writes_(std::move(writer), std::move(connect_writer),
              [this](std::span<const Event> e) { committed(e); },
              {options.write_queue, static_cast<std::size_t>(options.max_group)}) {}

Database::~Database() { Database::close(); }

Status Database::do_read(Deadline deadline, const std::function<void(Tx&)>& f) {
  ++reads_;
  return readers_.run(deadline, f);
}

Status Database::do_write(Deadline deadline, std::function<Status(Tx&)> f) {
  return writes_.run(deadline, std::move(f));
}

void Database::do_write_later(Deadline deadline, std::function<Status(Tx&)> f,
                              std::function<void(Status)> done) {
  writes_.later(deadline, std::move(f), std::move(done));
}

Result<std::vector<Event>> Database::events_after(std::int64_t after, int limit) {
  return read(zk::after(kLedgerReadLimit),
              [&](Tx& tx) { return read_events(tx, after, std::clamp(limit, 0, kMaxEvents)); });
}

Result<std::int64_t> Database::last_seq() {
  return read(zk::after(kLedgerReadLimit), [](Tx& tx) { return read_last_seq(tx); });
}

std::shared_ptr<void> Database::listen(Listener listener) { return listeners_.add(std::move(listener)); }

Stats Database::stats() const {
  Stats s;
  s.reads = reads_;
  writes_.add_to(s);
  return s;
}

void Database::close() {
  writes_.close();
  readers_.close();
}

}  // namespace zk::storage
