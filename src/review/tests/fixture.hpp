// A small shop whose knowledge base answers what is asked word for word: the trained decision without an
// encoder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "knowledge/articles.hpp"
#include "knowledge/library.hpp"
#include "knowledge/releases.hpp"
#include "review/checks.hpp"
#include "review/questions.hpp"
#include "storage/tests/engines.hpp"

namespace zk::review {

inline Deadline soon() { return after(std::chrono::seconds(30)); }

inline answering::Models word_for_word() {
  answering::Models models;
  models.judge = answering::Judge::open(ZK_SOURCE_DIR "/models/weights/answering-fast.json").value();
  return models;
}

class Shop : public testing::Test {
 protected:
  explicit Shop(const std::string& engine = "sqlite") : engine_(storage::make_engine(engine)) {
    db_ = storage::Db::open({.url = engine_->url()}).value();
    put(article("X1", "怎么退货", {"我要退货", "东西不想要了"}, "签收后七天内可以退货。"));
    put(article("X2", "怎么开发票", {"发票在哪里开", "要一张发票"}, "在订单页里开发票。"));
    publish_freely();
    library_ = knowledge::Library::open(*db_, word_for_word()).value();
  }
  template <class F>
  auto write(F f) {
    return db_->write(soon(), f);
  }
  template <class F>
  auto read(F f) {
    return db_->read(soon(), f);
  }
  static Article article(std::string id, std::string question, std::vector<std::string> similar,
                         std::string answer) {
    Article a;
    a.external_id = std::move(id);
    a.question = std::move(question);
    a.similar = std::move(similar);
    a.answer = text_blocks(std::move(answer));
    return a;
  }
  void put(const Article& a) {
    const auto saved = write(
        [&](storage::Tx& tx) { return knowledge::save(tx, a, {.author = "agent:1", .now = clock_.now()}); });
    ASSERT_TRUE(saved) << saved.error().message;
  }
  void publish_freely() {
    ASSERT_TRUE(write(
        [&](storage::Tx& tx) { return knowledge::publish(tx, {.author = "agent:1", .now = clock_.now()}); }));
  }
  void expect(const std::string& text, std::vector<std::string> articles) {
    const auto added = write([&](storage::Tx& tx) {
      return add(tx, {.text = text, .articles = articles, .source = "editor", .created_at = clock_.now()});
    });
    ASSERT_TRUE(added) << added.error().message;
  }
  std::unique_ptr<Checks> open_checks(std::size_t held_out = 0) {
    return std::make_unique<Checks>(*db_, clock_, audit_, *library_, talk_,
                                    Checks::Options{.least_questions = held_out, .threads = 2});
  }
  std::int64_t count(const char* sql) {
    return read([&](storage::Tx& tx) { return tx.one(storage::Query{"test.count", sql}); })->integer(0);
  }

  ManualClock clock_{from_iso8601("2026-06-01T00:00:00Z").value()};
  std::unique_ptr<storage::TestEngine> engine_;
  std::unique_ptr<storage::Db> db_;
  auth::AuditLog audit_{auth::Key{}};
  std::unique_ptr<knowledge::Library> library_;
  const dialogue::Engine talk_{dialogue::EngineOptions{}};
};

}  // namespace zk::review
