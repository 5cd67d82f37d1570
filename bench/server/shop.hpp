// The shop that the figures are taken with: 1,000 articles, conversations with messages in them, visitors.
// All of it follows from the numbers given, so that two runs measure the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/tests/temp_dir.hpp"
#include "tests/integration/company.hpp"

namespace zk::bench {

inline constexpr int kArticles = 1000;
// One word in each 5,000th message, one in each ninth: two characters each, rare and common.
inline constexpr const char *kRareWord = "鲲鹏", *kCommonWord = "退款";

// What article `i` is asked for in its own words, 0 ≤ i < kArticles.
std::string standard_question(int i);
// The same in words nobody used before: another `n`, another text.
std::string reworded_question(int i, int n);

class Shop {
 public:
  Shop();

  // Starts the server and waits until it is ready. Models are in the source tree's models/.
  void start(bool lexical_only = false, const std::vector<std::string>& settings = {});
  void stop();               // throws unless it ends with 0
  void wait_until_learnt();  // its articles
  const std::string& url() const { return url_; }
  pid_t pid() const { return server_->pid(); }
  const integration::Company& company() const { return company_; }
  integration::Http office() const { return company_.office(url_); }
  void set_bot(bool on) const;

  // Conversations with `each` messages and a person as handler, written while no server runs.
  void fill(int conversations, int each) const;
  // Visitors with a session each; `url` of the running server.
  std::vector<integration::Visitor> visitors(int count) const;

 private:
  storage::TempDir folder_;
  integration::Place place_;
  std::unique_ptr<integration::Process> server_;
  integration::Company company_;
  std::string url_;
};

struct Memory {
  double resident_mb = 0, proportional_mb = 0;
};
Memory memory_of(pid_t pid);

}  // namespace zk::bench
