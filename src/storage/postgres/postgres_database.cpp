// Db on a PostgreSQL server, which several nodes may share.
#include "storage/postgres/postgres_database.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "base/log.hpp"
#include "storage/migration.hpp"
#include "storage/portable.hpp"
#include "storage/transaction.hpp"

namespace zk::storage {
namespace {

constexpr const char* kTables =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
constexpr int kEventPage = 1000;
constexpr auto kDeliveryLimit = std::chrono::seconds(5);

std::string new_node_name() {
  return fmt::format("n{:08x}{:08x}", randombytes_random(), randombytes_random());
}

}  // namespace

Connect postgres_opener(std::string url, std::string node) {
  return [url = std::move(url), node = std::move(node)]() -> Result<std::unique_ptr<Connection>> {
    ZK_TRY(auto connection, PostgresConnection::open(url, node));
    return std::unique_ptr<Connection>(std::move(connection));
  };
}

PostgresDatabase::PostgresDatabase(const Options& options, const std::string& node,
                                   std::unique_ptr<Connection> writer, std::int64_t last)
    : Database(options, std::move(writer), postgres_opener(options.url, node),
               postgres_opener(options.url, node)),
      url_(options.url),
      ledger_(postgres_opener(options.url, node), 1),
      delivered_(last),
      watch_(options.url, node, [this] { catch_up(); }) {}

PostgresDatabase::~PostgresDatabase() { PostgresDatabase::close(); }

void PostgresDatabase::close() {
  watch_.close();
  Database::close();
  ledger_.close();
}

void PostgresDatabase::committed(std::span<const Event> events) {
  {
    const std::scoped_lock lock(delivery_);
    if (events.front().seq == delivered_ + 1) {
      delivered_ = events.back().seq;
      listeners_.publish(events);
      return;
    }
  }
  // Numbers are missing: undone writes, or events of another node that come first.
  catch_up();
}

void PostgresDatabase::catch_up() {
  const std::scoped_lock lock(delivery_);
  while (true) {
    Result<std::vector<Event>> events;
    auto read =
        ledger_.run(after(kDeliveryLimit), [&](Tx& tx) { events = read_events(tx, delivered_, kEventPage); });
    if (!read) events = tl::unexpected(read.error());
    if (!events) {
      log::warn("storage", "events not delivered yet: {}", events.error().message);
      watch_.try_later();
      return;
    }
    if (events->empty()) return;
    delivered_ = events->back().seq;
    listeners_.publish(*events);
  }
}

Status PostgresDatabase::backup(const std::string& file, const std::function<void(double)>& progress) {
  return export_to_file(postgres_opener(url_, "backup"), file, progress);
}

Status PostgresDatabase::integrity_check() { return postgres_integrity_check(url_); }

Status postgres_integrity_check(const std::string& url) {
  ZK_TRY(auto connection, PostgresConnection::open(url, "check"));
  ZK_TRY_STATUS(connection->begin_read(Deadline::max()));
  std::vector<std::string> tables;
  ZK_TRY_STATUS(connection->stream(kTables, [&](Row&& row) {
    tables.push_back(row.text(0));
    return true;
  }));
  for (const std::string& t : tables) {
    ZK_TRY_STATUS(connection->stream("SELECT * FROM " + t, [](Row&&) { return true; }));
  }
  return check_schema(*connection, embedded_migrations());
}

Result<std::unique_ptr<Db>> open_postgres(const Options& options) {
  const std::string node = new_node_name();
  ZK_TRY(auto writer, PostgresConnection::open(options.url, node));
  ZK_TRY_STATUS(migrate(*writer, kPostgresDialect, embedded_migrations(), options.migrate));
  Transaction tx(*writer, nullptr);
  ZK_TRY(auto last, read_last_seq(tx));
  return std::make_unique<PostgresDatabase>(options, node, std::move(writer), last);
}

}  // namespace zk::storage
