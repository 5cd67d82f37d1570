// A database of its own for each test of the module.
#pragma once

#include <gtest/gtest.h>

#include "knowledge/articles.hpp"
#include "knowledge/releases.hpp"
#include "storage/tests/engines.hpp"

namespace zk::knowledge {

inline constexpr auto kPatience = std::chrono::seconds(20);

class Knowledge : public ::testing::Test {
 protected:
  explicit Knowledge(const std::string& engine = "sqlite") : engine_(storage::make_engine(engine)) {
    db_ = storage::Db::open({.url = engine_->url()}).value();
  }
  Result<SaveResult> put(Article a, std::optional<std::int64_t> version = {}) {
    return db_->write(after(kPatience), [&](storage::Tx& tx) {
      return save(tx, a, {.author = "agent:1", .expected_version = version, .now = clock_.now()});
    });
  }
  Result<Article> get(const std::string& id) {
    return db_->read(after(kPatience), [&](storage::Tx& tx) { return find(tx, id); });
  }
  // As the API does it: the edit, and its going live where edits go live at once.
  void put_live(Article a) {
    ASSERT_TRUE(db_->write(after(kPatience),
                           [&](storage::Tx& tx) -> Status {
                             ZK_TRY_STATUS(
                                 save(tx, a, {.author = "agent:1", .now = clock_.now()}).map([](auto) {}));
                             return after_edit(tx, {a.external_id}, "agent:1", clock_.now());
                           })
                    .has_value());
  }
  void publish_at_once() {
    static constexpr storage::Query kSet{
        "test.set", "INSERT INTO setting (key, value) VALUES ('publishing', '\"at_once\"')"};
    ASSERT_TRUE(db_->write(after(kPatience), [](storage::Tx& tx) { return tx.run(kSet); }).has_value());
  }
  static Article article(std::string id, std::string question, std::string answer = "答案") {
    Article a;
    a.external_id = std::move(id);
    a.question = std::move(question);
    a.similar = {"问法一", "问法二"};
    a.answer = text_blocks(std::move(answer));
    return a;
  }
  std::unique_ptr<storage::TestEngine> engine_;
  ManualClock clock_{from_iso8601("2026-06-01T00:00:00Z").value()};
  std::unique_ptr<storage::Db> db_;
};

}  // namespace zk::knowledge
