#include "storage/postgres/postgres_connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>

#include "base/check.hpp"
#include "storage/postgres/postgres_value.hpp"

namespace zk::storage {
namespace {

struct Clear {
  void operator()(PGresult* r) const { PQclear(r); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

constexpr std::size_t kMaxNullsTried = 6;         // 64 combinations, once a statement
constexpr std::size_t kMaxParamBytes = 1u << 30;  // PostgreSQL's own bound on a value

// Acknowledged is on disk, whatever the server's default. A node that hangs in a transaction must not stop
// the others for ever.
constexpr const char* kSession =
    "SET synchronous_commit = on; SET client_min_messages = warning; SET lock_timeout = '10s';"
    "SET idle_in_transaction_session_timeout = '60s'; SET bytea_output = hex";

// One writer at a time over all nodes, as on SQLite: then the order of event.seq is the order of the commits,
// and a write function sees everything that was committed before it.
constexpr const char* kBeginWrite =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7310580)";

constexpr const char* kFetch = "FETCH 1000 FROM stream";

bool good(const PGresult* r) {
  const auto status = PQresultStatus(r);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

struct Meaning {
  std::string_view prefix;  // of the SQLSTATE
  ErrorCode code;
  const char* message;
};
constexpr Meaning kMeanings[] = {
    {"23505", ErrorCode::kConflict, "already there, or refers to something that is not"},
    {"23503", ErrorCode::kConflict, "already there, or refers to something that is not"},
    {"23", ErrorCode::kInvalidArgument, "a value that the database does not take"},
    {"22", ErrorCode::kInvalidArgument, "a value that the database does not take"},
    {"25006", ErrorCode::kPermissionDenied, "the database is read-only; connect to the primary server"},
    {"28", ErrorCode::kPermissionDenied, "the database server refuses this user; check the database URL"},
    {"40", ErrorCode::kUnavailable, "the database asks to try again"},
    {"42501", ErrorCode::kPermissionDenied,
     "the database user lacks a right; make it the owner of the database"},
    {"53100", ErrorCode::kUnavailable, "the disk of the database server is full; free some space"},
    {"53", ErrorCode::kUnavailable, "the database server lacks memory or connections; raise its limits"},
    {"54", ErrorCode::kTooLarge, "a value too large for the database"},
    {"55P03", ErrorCode::kUnavailable, "another node holds the database; try again later"},
    {"57014", ErrorCode::kDeadlineExceeded, "the query took too long; ask for less"},
    {"57P", ErrorCode::kUnavailable, "the database server is shutting down; try again later"},
    {"08", ErrorCode::kUnavailable, "the database server is not reachable; try again later"},
    {"XX00", ErrorCode::kDataLoss, "the database is damaged; restore a backup"},
};

struct Handed {
  std::int64_t changed = 0;
  bool stopped = false;
};
Handed hand_over(const PGresult* answer, const Connection::Sink& sink) {
  Handed handed;
  const int columns = PQnfields(answer);
  for (int r = 0; r < PQntuples(answer) && !handed.stopped; ++r) {
    std::vector<Row::Value> row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(answer, r, c)) {
        row.emplace_back(Null{});
        continue;
      }
      const std::string_view bytes(PQgetvalue(answer, r, c),
                                   static_cast<std::size_t>(PQgetlength(answer, r, c)));
      row.push_back(from_postgres(PQftype(answer, c), bytes));
    }
    handed.stopped = !sink(Row(std::move(row)));
  }
  if (!std::string_view(PQcmdStatus(const_cast<PGresult*>(answer))).starts_with("SELECT")) {
    const char* count =
        PQcmdTuples(const_cast<PGresult*>(answer));  // libpq's signature; it does not change the result
    std::from_chars(count, count + std::strlen(count), handed.changed);
  }
  return handed;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& url,
                                                                     const std::string& node) {
  // What stands before dbname (the URL) is a default, what stands after it overrides the URL.
  const char* keywords[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                            "dbname",          "client_encoding",  nullptr};
  const char* values[] = {"5", "10000", "zhike", url.c_str(), "UTF8", nullptr};
  PGconn* db = PQconnectdbParams(keywords, values, 1);
  if (!db) return fail(ErrorCode::kUnavailable, "out of memory");
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(db, node));
  if (PQstatus(db) != CONNECTION_OK) {
    return fail(ErrorCode::kUnavailable,
                "the database server is not reachable; start it, or check the database URL", "database",
                PQerrorMessage(db));
  }
  if (std::string_view(PQparameterStatus(db, "server_encoding")) != "UTF8") {
    return fail(ErrorCode::kPreconditionFailed,
                "the database is not UTF-8; make it with CREATE DATABASE … ENCODING 'UTF8'", "database");
  }
  ZK_TRY_STATUS(connection->execute(kSession));
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(db_); }

bool PostgresConnection::alive() const { return PQstatus(db_) == CONNECTION_OK; }

bool PostgresConnection::in_transaction() const {
  const auto status = PQtransactionStatus(db_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

// The server's own wording can quote values; only its code, the constraint and, for faulty SQL, the text go
// to the detail.
Error PostgresConnection::error_of(const PGresult* result, std::string_view what) {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  if (!state || !alive()) {
    return {ErrorCode::kUnavailable,
            "the link to the database server was lost; try again later",
            {},
            fmt::format("{}: {}", what, PQerrorMessage(db_))};
  }
  const std::string_view code(state);
  retry_ = code == "40001" || code == "40P01";
  const char* constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
  const char* primary =
      code.starts_with("42") ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  std::string detail =
      fmt::format("{}: SQLSTATE {} {}{}", what, code, constraint ? constraint : "", primary ? primary : "");
  for (const Meaning& m : kMeanings) {
    if (code.starts_with(m.prefix)) return {m.code, m.message, {}, std::move(detail)};
  }
  return {ErrorCode::kInternal, "the database refused a statement", {}, std::move(detail)};
}

Status PostgresConnection::execute(const char* script) {
  const Answer answer(PQexec(db_, script));
  if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), script));
  return {};
}

Status PostgresConnection::prepare_as(const Statement& s, const Query& q) {
  const Answer answer(
      PQprepare(db_, s.name.c_str(), q.sql, static_cast<int>(s.types.size()), s.types.data()));
  if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), q.name));
  return {};
}

// The server finds out the types of the NULLs by what they are compared with, except where "$1 IS NULL"
// stands first: there they are tried as integers and as texts, in every combination.
Status PostgresConnection::prepare_with_nulls(Statement& s, const Query& q) {
  std::vector<std::size_t> nulls;
  for (std::size_t i = 0; i < s.types.size(); ++i) {
    if (s.types[i] == kPgUnknown) nulls.push_back(i);
  }
  ZK_TRY_STATUS(execute("SAVEPOINT p"));
  auto prepared = prepare_as(s, q);
  const unsigned combinations = 1u << std::min(nulls.size(), kMaxNullsTried);
  for (unsigned bits = 0; !prepared && alive() && bits < combinations; ++bits) {
    for (std::size_t i = 0; i < nulls.size(); ++i)
      s.types[nulls[i]] = (bits >> std::min(i, kMaxNullsTried)) & 1 ? kPgText : kPgInt8;
    ZK_TRY_STATUS(execute("ROLLBACK TO p"));
    prepared = prepare_as(s, q);
  }
  ZK_TRY_STATUS(std::move(prepared));
  ZK_TRY_STATUS(execute("RELEASE p"));
  return describe_unknown(s, q);
}

Status PostgresConnection::describe_unknown(Statement& s, const Query& q) {
  const Answer answer(PQdescribePrepared(db_, s.name.c_str()));
  if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), q.name));
  for (std::size_t i = 0; i < s.types.size(); ++i)
    s.types[i] = PQparamtype(answer.get(), static_cast<int>(i));
  return {};
}

Result<const PostgresConnection::Statement*> PostgresConnection::prepare(const Query& q, Params params) {
  auto& variants = cache_[q.sql];
  // The text is compared too: a Query built at an address that was used before must not run the old
  // statement.
  for (const Statement& s : variants) {
    const bool fits =
        s.sql == q.sql && std::equal(s.types.begin(), s.types.end(), params.begin(), params.end(),
                                     [](unsigned type, const Param& p) {
                                       const unsigned wanted = PostgresParam::type_of(p);
                                       return wanted == kPgUnknown || wanted == type;  // NULL fits every type
                                     });
    if (fits) return &s;
  }
  Statement s{fmt::format("s{}", ++prepared_), q.sql, {}};
  for (const Param& p : params) s.types.push_back(PostgresParam::type_of(p));
  const bool has_null = std::find(s.types.begin(), s.types.end(), kPgUnknown) != s.types.end();
  ZK_TRY_STATUS(has_null ? prepare_with_nulls(s, q) : prepare_as(s, q));
  variants.push_back(std::move(s));
  return &variants.back();
}

Result<std::int64_t> PostgresConnection::query(const Query& q, Params params, const Sink& sink) {
  std::deque<PostgresParam> sent;
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const Param& p : params) {
    const PostgresParam& s = sent.emplace_back(p);
    values.push_back(s.bytes);
    sizes.push_back(s.size);
    if (s.size < 0 || static_cast<std::size_t>(s.size) > kMaxParamBytes)
      return fail(ErrorCode::kTooLarge, "a value too large for the database");
  }
  ZK_TRY(const Statement* statement, prepare(q, params));
  const std::vector<int> binary(params.size(), 1);
  const Answer answer(PQexecPrepared(db_, statement->name.c_str(), static_cast<int>(params.size()),
                                     values.data(), sizes.data(), binary.data(), 1));
  if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), q.name));
  return hand_over(answer.get(), sink).changed;
}

Status PostgresConnection::stream(const std::string& select, const Sink& sink) {
  ZK_TRY_STATUS(execute(("DECLARE stream NO SCROLL CURSOR FOR " + select).c_str()));
  while (true) {
    const Answer answer(PQexecParams(db_, kFetch, 0, nullptr, nullptr, nullptr, nullptr, 1));
    if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), "stream"));
    if (hand_over(answer.get(), sink).stopped || PQntuples(answer.get()) == 0) break;
  }
  return execute("CLOSE stream");
}

Status PostgresConnection::begin_read(Deadline deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  // 0 would mean no limit; the upper bound is the setting's own.
  const auto timeout = std::clamp<std::int64_t>(left, 1, 2'147'483'647);
  return execute(
      fmt::format("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
                  timeout)
          .c_str());
}

Status PostgresConnection::begin_write() {
  retry_ = false;
  return execute(kBeginWrite);
}

Status PostgresConnection::commit(bool appended) {
  const std::string script =
      appended ? fmt::format("NOTIFY {}, '{}'; COMMIT", kEventChannel, node_) : "COMMIT";
  const Answer answer(PQexec(db_, script.c_str()));
  if (!good(answer.get())) return tl::unexpected(error_of(answer.get(), "COMMIT"));
  // The COMMIT of a transaction that failed before is answered with ROLLBACK.
  if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT")
    return fail(ErrorCode::kInternal, "the transaction was rolled back");
  return {};
}

void PostgresConnection::rollback() {
  if (in_transaction()) Answer(PQexec(db_, "ROLLBACK"));
}

}  // namespace zk::storage
