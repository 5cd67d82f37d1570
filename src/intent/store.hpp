// Intents in the database: what customers want, told by examples, and what it leads to. An edit holds at
// once; the recogniser is trained anew in the background (live.hpp). Functions work inside the caller's
// transaction.
//
//   ZK_TRY(const auto made, create(tx, {.name = "投诉", .examples = {…}, .lead = Lead::kHandover}, how));
//   ZK_TRY(const auto saved, save(tx, made.id, draft, made.version, how));
//
// Ledger: intent.updated {"id","name","version"} (version 0: deleted).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "domain/ids.hpp"
#include "storage/storage.hpp"

namespace zk::intent {

inline constexpr std::size_t kMostIntents = 200;            // of a company
inline constexpr std::size_t kMostExamples = 200;           // of an intent
inline constexpr std::size_t kMostExampleCharacters = 200;  // code points
inline constexpr std::size_t kFewestExamples = 5;           // below, an intent is not trained yet
inline constexpr int kMostPriority = 3;

enum class Lead { kNothing, kHandover, kFlow };
std::string_view to_string(Lead lead);  // nothing | handover | flow
Result<Lead> lead_of(std::string_view name);

struct Draft {
  std::string name, description{};
  std::vector<std::string> examples{};
  Lead lead = Lead::kNothing;
  TeamId team{};       // of a hand-over; none: the inbox's
  std::string flow{};  // name of the flow
  LabelId label{};     // put on the conversation, or none
  int priority = 0;    // the conversation's is raised to this
};
struct Intent : Draft {
  std::int64_t id = 0, version = 0;
  std::string author;
  Timestamp created_at{}, updated_at{};
};
struct How {
  std::string author;
  Timestamp now{};
};

// Examples are trimmed, empty ones and repeats left out. kInvalidArgument names the field (team, flow and
// label must be there); kConflict: the name is taken; kTooLarge: a bound is reached.
Result<Intent> create(storage::Tx& tx, Draft draft, const How& how);
// kPreconditionFailed: `expected` is not the version that is there.
Result<Intent> save(storage::Tx& tx, std::int64_t id, Draft draft, std::int64_t expected, const How& how);
Status remove(storage::Tx& tx, std::int64_t id, const How& how);

Result<Intent> find(storage::Tx& tx, std::int64_t id);  // kNotFound
Result<std::vector<Intent>> intents(storage::Tx& tx);   // by name

}  // namespace zk::intent
