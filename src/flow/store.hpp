// Flows in the database. Every save is a version, immutable; the newest is the draft; the published one is
// what customers meet. Functions work inside the caller's transaction; check() is pure and belongs outside
// it.
//
//   ZK_TRY(const auto drafted, create(tx, "refund_time", source, {.author = "agent:3", .now = now}));
//   ZK_TRY(const auto flow, check(source, "refund_time", actions, now));   // parses, runs its conversations
//   ZK_TRY(const auto live, publish(tx, drafted.id, drafted.version, flow, how));
//
// Ledger: flow.saved {"id","name","version"}, flow.published {"id","name","version"} (version 0: runs no
// more).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "flow/actions.hpp"
#include "flow/flow.hpp"
#include "storage/storage.hpp"

namespace zk::flow {

inline constexpr std::size_t kMostFlows = 200;     // of a company
inline constexpr std::size_t kMostVersions = 500;  // read of one flow, the newest

struct Stored {
  std::int64_t id = 0;
  std::string name;
  std::string article;                      // of the published version, or ""
  std::int64_t version = 0, published = 0;  // newest; running (0: none)
  std::string source, author;               // of the newest version
  Timestamp created_at{}, updated_at{};
};
struct Version {
  std::int64_t number = 0;
  std::string source, author;
  Timestamp at{}, published_at{};  // published_at: {} when it never was
};
struct How {
  std::string author;
  Timestamp now{};
};

// The flow, when it may be published: it parses, is called `name`, its calls reach an action that is there
// (not looked at without actions) and its conversations pass. kInvalidArgument at /source: "line 12: …".
Result<Flow> check(std::string_view source, std::string_view name, const Actions* actions, Timestamp now);

// kInvalidArgument: the name; kConflict: it is taken; kTooLarge: kMostFlows are there. The source need not
// parse.
Result<Stored> create(storage::Tx& tx, const std::string& name, const std::string& source, const How& how);
// A new version, or none when nothing changed. kPreconditionFailed: `expected` is not the newest.
Result<Stored> save(storage::Tx& tx, std::int64_t id, const std::string& source, std::int64_t expected,
                    const How& how);
// `flow` is what check() made of that version. kConflict: another flow stands for its article;
// kInvalidArgument: there is no such article.
Result<Stored> publish(storage::Tx& tx, std::int64_t id, std::int64_t version, const Flow& flow,
                       const How& how);
// A new version with the text of an earlier one, published.
Result<Stored> roll_back(storage::Tx& tx, std::int64_t id, std::int64_t to, const Flow& flow, const How& how);
// It runs no more; versions stay in the database, the name is free again.
Status remove(storage::Tx& tx, std::int64_t id, const How& how);
// What a file holds: made or saved under its name, and published.
Result<Stored> put(storage::Tx& tx, const std::string& source, const Flow& flow, const How& how);

Result<Stored> find(storage::Tx& tx, std::int64_t id);  // kNotFound
Result<Version> version(storage::Tx& tx, std::int64_t id, std::int64_t number);
Result<std::vector<Version>> versions(storage::Tx& tx, std::int64_t id);  // newest first
Result<std::vector<Stored>> flows(storage::Tx& tx);                       // by name
struct Running {
  std::string name, source;
};
Result<std::vector<Running>> running(storage::Tx& tx);  // the published versions, by name

}  // namespace zk::flow
