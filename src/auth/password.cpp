#include "auth/password.hpp"

#include <sodium.h>
#include <zxcvbn.h>

#include <algorithm>

#include "auth/secret.hpp"
#include "base/check.hpp"

namespace zk::auth {
namespace {
constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = 32 * 1024 * 1024;
constexpr std::size_t kShortest = 10;
constexpr double kBits = 30;

const std::string& hash_of_nobody() {
  static const std::string hash = hash_password(random_token()).value_or(std::string());
  return hash;
}
}  // namespace

Result<std::string> hash_password(std::string_view password) {
  ZK_CHECK(sodium_init() >= 0);
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(ErrorCode::kUnavailable, "no memory to check a password now; try again");
  out.resize(out.find('\0'));
  return out;
}

bool password_matches(const std::string& hash, std::string_view password) {
  const auto& against = hash.empty() ? hash_of_nobody() : hash;
  return crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0 && !hash.empty();
}

bool password_hash_outdated(const std::string& hash) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), kPasses, kMemoryBytes) != 0;
}

Status check_password_strength(const std::string& password, const std::vector<std::string>& own_words,
                               std::string field) {
  if (password.size() < kShortest)
    return fail(ErrorCode::kInvalidArgument, "the password must have at least 10 characters",
                std::move(field));
  std::vector<const char*> words;
  for (const auto& word : own_words) words.push_back(word.c_str());
  words.push_back("zhike");
  words.push_back(nullptr);
  if (ZxcvbnMatch(password.c_str(), words.data(), nullptr) < kBits)
    return fail(ErrorCode::kInvalidArgument,
                "the password is too easy to guess; take several unrelated words, or a password manager's",
                std::move(field));
  return {};
}

}  // namespace zk::auth
