#include "intent/store.hpp"

#include <gtest/gtest.h>

#include "intent/live.hpp"
#include "storage/tests/engines.hpp"

namespace zk::intent {
namespace {
using storage::Tx;

Deadline soon() { return after(std::chrono::seconds(30)); }

Draft draft(const std::string& name) {
  return {.name = name, .examples = {name + "一", name + "二", name + "三", name + "四", name + "五"}};
}

class IntentStore : public testing::TestWithParam<std::string> {
 protected:
  IntentStore() : db_(storage::Db::open({.url = engine_->url()}).value()) {}
  template <class F>
  auto write(F f) {
    return db_->write(soon(), std::move(f));
  }
  Result<Intent> make(Draft d) {
    return write([&](Tx& tx) { return create(tx, d, how_); });
  }

  std::unique_ptr<storage::TestEngine> engine_ = storage::make_engine(GetParam());
  std::unique_ptr<storage::Db> db_;
  ManualClock clock_{from_micros(1'800'000'000'000'000)};
  const How how_{"agent:1", from_micros(1'800'000'000'000'000)};
};
INSTANTIATE_TEST_SUITE_P(Engines, IntentStore, testing::ValuesIn(storage::kEngines));

TEST_P(IntentStore, KeepsWhatWasWritten) {
  auto d = draft("投诉");
  d.description = "不满";
  d.lead = Lead::kHandover;
  d.priority = 2;
  const auto made = make(d).value();
  const auto read = db_->read(soon(), [&](Tx& tx) { return find(tx, made.id); }).value();
  EXPECT_EQ(read.name, "投诉");
  EXPECT_EQ(read.description, "不满");
  EXPECT_EQ(read.examples, d.examples);
  EXPECT_EQ(read.lead, Lead::kHandover);
  EXPECT_FALSE(read.team);
  EXPECT_EQ(read.priority, 2);
  EXPECT_EQ(read.version, 1);
  EXPECT_EQ(read.author, "agent:1");
}

TEST_P(IntentStore, RefusesWhatCannotBe) {
  const auto made = make(draft("a")).value();
  EXPECT_EQ(make(draft("a")).error().code, ErrorCode::kConflict);
  auto d = draft("b");
  d.examples[2] = std::string(kMostExampleCharacters + 1, 'x');
  EXPECT_EQ(make(d).error().field, "/examples/2");
  d = draft("b");
  d.lead = Lead::kFlow;
  EXPECT_EQ(make(d).error().field, "/flow");
  EXPECT_EQ(write([&](Tx& tx) { return save(tx, made.id, draft("a"), 7, how_); }).error().code,
            ErrorCode::kPreconditionFailed);
  EXPECT_EQ(write([&](Tx& tx) { return remove(tx, 99, how_); }).error().code, ErrorCode::kNotFound);
}

TEST_P(IntentStore, ARecogniserFollowsEveryEdit) {
  const auto library = knowledge::Library::open(*db_, answering::Models{}).value();
  const flow::LiveBook flows(*db_);
  const auto live = Live::open(*db_, clock_, *library, flows).value();
  EXPECT_EQ(live->current(), nullptr);
  EXPECT_EQ(live->status().state, State::kEmpty);
  const auto a = make(draft("投诉")).value();
  ASSERT_TRUE(make(draft("采购")));
  ASSERT_TRUE(live->wait(soon()));
  const auto held = live->current();
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(live->status().state, State::kReady);
  EXPECT_EQ(live->status().at, clock_.now());
  EXPECT_EQ(held->intents().size(), 2u);
  ASSERT_TRUE(write([&](Tx& tx) { return remove(tx, a.id, how_); }));
  ASSERT_TRUE(live->wait(soon()));
  EXPECT_EQ(live->current(), nullptr) << "one intent without a knowledge base tells nothing apart";
  EXPECT_EQ(held->intents().size(), 2u) << "what is in use stays as it is";
}

}  // namespace
}  // namespace zk::intent
