#include "flow/store.hpp"

#include <gtest/gtest.h>

#include "flow/live.hpp"
#include "storage/tests/engines.hpp"

namespace zk::flow {
namespace {
using storage::Query;
using storage::Tx;

Deadline soon() { return after(std::chrono::seconds(30)); }

constexpr Query kArticle{"test.article",
                         "INSERT INTO article (external_id, question, answer) VALUES ($1, 'q', '[]')"};

std::string text(const std::string& name, const std::string& article, const std::string& says) {
  return "flow: " + name + "\narticle: " + article + "\ntitle: T\nsteps:\n  - say: " + says +
         "\ntests:\n  - name: t\n    turns:\n      - {customer: hi, says: " + says + ", ends: answer}\n";
}

class FlowStore : public testing::TestWithParam<std::string> {
 protected:
  FlowStore() : db_(storage::Db::open({.url = engine_->url()}).value()), book_(*db_) {
    for (const auto* id : {"A1", "A2"})
      EXPECT_TRUE(db_->write(soon(), [&](Tx& tx) { return tx.run(kArticle, {id}).map([](auto) {}); }));
  }
  template <class F>
  auto write(F f) {
    return db_->write(soon(), std::move(f));
  }
  Result<Stored> make(const std::string& name, const std::string& source) {
    return write([&](Tx& tx) { return create(tx, name, source, how_); });
  }
  Result<Stored> save_as(std::int64_t id, const std::string& source, std::int64_t expected) {
    return write([&](Tx& tx) { return save(tx, id, source, expected, how_); });
  }
  Result<Stored> go_live(const Stored& f, std::int64_t number) {
    ZK_TRY(const auto v, db_->read(soon(), [&](Tx& tx) { return version(tx, f.id, number); }));
    ZK_TRY(const auto flow, check(v.source, f.name, nullptr, {}));
    return write([&](Tx& tx) { return publish(tx, f.id, number, flow, how_); });
  }
  // What the book that runs says first for this article; "" when no flow stands for it.
  std::string said(const std::string& article) {
    const auto book = book_.current(soon()).value();
    const auto* f = book->of_article(article);
    return f ? f->steps[0].text.zh : "";
  }

  std::unique_ptr<storage::TestEngine> engine_ = storage::make_engine(GetParam());
  std::unique_ptr<storage::Db> db_;
  LiveBook book_;
  const How how_{"agent:1", from_micros(1'800'000'000'000'000)};
};
INSTANTIATE_TEST_SUITE_P(Engines, FlowStore, testing::ValuesIn(storage::kEngines));

TEST_P(FlowStore, ADraftRunsOnceItIsPublished) {
  const auto f = make("f", text("f", "A1", "one")).value();
  EXPECT_EQ(f.version, 1);
  EXPECT_EQ(said("A1"), "");
  EXPECT_EQ(go_live(f, 1)->published, 1);
  EXPECT_EQ(said("A1"), "one");
  EXPECT_EQ(save_as(f.id, text("f", "A1", "two"), 1)->version, 2);
  EXPECT_EQ(said("A1"), "one");
  ASSERT_TRUE(go_live(f, 2));
  EXPECT_EQ(said("A1"), "two");
}

TEST_P(FlowStore, ABookInUseStaysAsItIs) {
  const auto f = make("f", text("f", "A1", "one")).value();
  ASSERT_TRUE(go_live(f, 1));
  const auto held = book_.current(soon()).value();
  ASSERT_TRUE(write([&](Tx& tx) { return remove(tx, f.id, how_); }));
  EXPECT_NE(held->of_article("A1"), nullptr);
  EXPECT_EQ(said("A1"), "");
}

TEST_P(FlowStore, RollingBackIsAVersionOfItsOwn) {
  const auto f = make("f", text("f", "A1", "one")).value();
  ASSERT_TRUE(save_as(f.id, text("f", "A1", "two"), 1));
  ASSERT_TRUE(go_live(f, 2));
  const auto flow = check(text("f", "A1", "one"), "f", nullptr, {}).value();
  const auto back = write([&](Tx& tx) { return roll_back(tx, f.id, 1, flow, how_); });
  ASSERT_TRUE(back);
  EXPECT_EQ(back->version, 3);
  EXPECT_EQ(back->published, 3);
  EXPECT_EQ(said("A1"), "one");
  const auto all = db_->read(soon(), [&](Tx& tx) { return versions(tx, f.id); }).value();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].source, all[2].source);
  EXPECT_EQ(all[2].published_at, Timestamp{}) << "version 1 never ran";
  EXPECT_EQ(all[1].author, "agent:1");
}

TEST_P(FlowStore, SavingIsRefusedWhenSomebodySavedMeanwhile) {
  const auto f = make("f", text("f", "A1", "one")).value();
  ASSERT_TRUE(save_as(f.id, text("f", "A1", "two"), 1));
  EXPECT_EQ(save_as(f.id, text("f", "A1", "three"), 1).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(save_as(f.id, text("f", "A1", "two"), 2)->version, 2) << "nothing changed, no version";
}

TEST_P(FlowStore, OneFlowANameAndAnArticle) {
  const auto f = make("f", text("f", "A1", "one")).value();
  EXPECT_EQ(make("f", "x").error().code, ErrorCode::kConflict);
  EXPECT_EQ(make("F", "x").error().field, "/name");
  ASSERT_TRUE(go_live(f, 1));
  const auto g = make("g", text("g", "A1", "one")).value();
  const auto refused = go_live(g, 1);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(refused.error().message, "line 2: the flow f stands for the article A1 already");
  ASSERT_TRUE(write([&](Tx& tx) { return remove(tx, f.id, how_); }));
  EXPECT_TRUE(go_live(g, 1));
  EXPECT_TRUE(make("f", "x")) << "the name is free again";
  const auto h = make("h", text("h", "A9", "one")).value();
  EXPECT_EQ(go_live(h, 1).error().message,
            "line 2: there is no article \"A9\"; a flow takes the place of one");
}

TEST_P(FlowStore, AFileIsPutUnderItsName) {
  const auto put_text = [&](const std::string& source) {
    return write([&](Tx& tx) { return put(tx, source, check(source, "f", nullptr, {}).value(), how_); })
        .value();
  };
  EXPECT_EQ(put_text(text("f", "A1", "one")).published, 1);
  EXPECT_EQ(put_text(text("f", "A1", "one")).version, 1) << "the same file again changes nothing";
  EXPECT_EQ(put_text(text("f", "A2", "two")).published, 2);
  EXPECT_EQ(said("A1"), "");
  EXPECT_EQ(said("A2"), "two");
  EXPECT_EQ(db_->read(soon(), [](Tx& tx) { return flows(tx); })->size(), 1U);
}

TEST(FlowCheck, NamesTheLineOfWhatIsWrong) {
  const auto why = [](const std::string& source, const Actions* actions = nullptr) {
    const auto flow = check(source, "f", actions, {});
    return flow ? "" : flow.error().message;
  };
  EXPECT_EQ(why(text("f", "A1", "one")), "");
  EXPECT_TRUE(why(text("g", "A1", "one")).starts_with("line 1: the flow is called \"g\" here"));
  EXPECT_TRUE(why("flow: [").starts_with("line "));
  auto broken = text("f", "A1", "one");
  broken.replace(broken.rfind("one"), 3, "two");
  EXPECT_EQ(why(broken), "line 9: expected \"two\", was \"one\" (conversation \"t\")");
  const std::string calls = "flow: f\narticle: A1\ntitle: T\nsteps:\n  - call: order\n";
  const auto actions = Actions::parse("", false).value();
  EXPECT_TRUE(why(calls, actions.get()).starts_with("line 5: there is no action \"order\""));
  EXPECT_EQ(why(calls), "");
}

}  // namespace
}  // namespace zk::flow
