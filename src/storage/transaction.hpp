// The Tx that callers get, over a Connection of either engine. After one of its statements failed, every
// further one fails in the same way and the write is undone, whatever its function returns: the engines then
// behave alike. An error the function returns itself (a taken name in its own words) is what the caller gets.
#pragma once

#include <optional>
#include <vector>

#include "storage/connection.hpp"

namespace zk::storage {

inline constexpr std::size_t kMaxRows = 1'000'000;

class Transaction final : public Tx {
 public:
  // appended == nullptr: a read.
  Transaction(Connection& connection, std::vector<Event>* appended)
      : connection_(connection), appended_(appended) {}

  Result<std::vector<Row>> all(const Query& q, Params params) override;
  Status each(const Query& q, Params params, const std::function<bool(const Row&)>& f) override;
  Result<std::int64_t> run(const Query& q, Params params) override;
  Result<std::int64_t> append(NewEvent event) override;

  const std::optional<Error>& failure() const { return failure_; }

 private:
  Result<std::int64_t> query(const Query& q, Params params, const Connection::Sink& sink);

  Connection& connection_;
  std::vector<Event>* appended_;
  std::optional<Error> failure_;
};

// At most limit events after `after`, in order.
Result<std::vector<Event>> read_events(Tx& tx, std::int64_t after, int limit);
Result<std::int64_t> read_last_seq(Tx& tx);

}  // namespace zk::storage
