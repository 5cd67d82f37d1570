#include "auth/throttle.hpp"

#include <algorithm>

namespace zk::auth {

Throttle::Throttle(ThrottleLimits limits)
    : limits_(limits), accounts_(limits.remembered), addresses_(limits.remembered) {}

std::chrono::seconds Throttle::wait(const Count& count, Timestamp now) const {
  return count.open_at <= now ? std::chrono::seconds(0)
                              : std::chrono::ceil<std::chrono::seconds>(count.open_at - now);
}

void Throttle::add(Count& count, int free, Timestamp now) const {
  if (count.last + limits_.forget < now) count = Count{};
  count.last = now;
  const int over = ++count.attempts - free;
  if (over >= 0)
    count.open_at = now + std::min<std::chrono::seconds>(limits_.longest,
                                                         std::chrono::seconds(1ll << std::min(over, 20)));
}

std::chrono::seconds Throttle::attempt(const std::string& account, const std::string& address,
                                       Timestamp now) {
  // The address first: one that has to wait cannot lock out an account.
  const auto by_address = addresses_.change(address, true, [&](Count& c) {
    const auto w = wait(c, now);
    if (w.count() == 0) add(c, limits_.address_free, now);
    return w;
  });
  if (by_address.count() > 0) return by_address;
  return accounts_.change(account, true, [&](Count& c) {
    const auto w = wait(c, now);
    if (w.count() == 0) add(c, limits_.account_free, now);
    return w;
  });
}

void Throttle::succeeded(const std::string& account, const std::string& address) {
  accounts_.erase_if([&](const std::string& key, const Count&) { return key == account; });
  addresses_.change(address, false, [](Count& c) { return c.attempts = std::max(0, c.attempts - 1); });
}

}  // namespace zk::auth
