// Slows down guessing: counts sign-in attempts per account and per address, in memory (a restart forgets
// them). An attempt is counted when it starts, so parallel guesses gain nothing. Bounded; thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "base/lru.hpp"
#include "base/time.hpp"

namespace zk::auth {

struct ThrottleLimits {
  int account_free = 5;                                     // failures of one account before the wait begins
  int address_free = 20;                                    // failures from one address
  std::chrono::seconds longest = std::chrono::minutes(15);  // the wait doubles from 1 s up to this
  std::chrono::seconds forget = std::chrono::hours(1);      // after the last attempt
  std::size_t remembered = 10'000;                          // accounts and addresses, each
};

class Throttle {
 public:
  explicit Throttle(ThrottleLimits limits = ThrottleLimits());
  // 0 s: go ahead, the attempt is counted. Otherwise: refused, wait that long.
  std::chrono::seconds attempt(const std::string& account, const std::string& address, Timestamp now);
  // The attempt was right: the account's count starts again, and the address gets its attempt back.
  void succeeded(const std::string& account, const std::string& address);

 private:
  struct Count {
    int attempts = 0;
    Timestamp last{}, open_at{};
  };
  std::chrono::seconds wait(const Count& count, Timestamp now) const;
  void add(Count& count, int free, Timestamp now) const;
  ThrottleLimits limits_;
  Lru<Count> accounts_, addresses_;
};

}  // namespace zk::auth
