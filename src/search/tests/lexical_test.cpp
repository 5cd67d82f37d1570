#include "search/lexical.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>

#include "base/random.hpp"
#include "search/analyze.hpp"

namespace zk::search {
namespace {

const Schema kSchema{.fields = {{.weight = 2, .b = 0.6f, .typical_length = 6},
                                {.weight = 1, .b = 0.75f, .typical_length = 20}}};

// BM25F by the formula, in doubles, over plain documents. `df` and `n` as the index counts them are given.
class BruteForce {
 public:
  void put(const Document& d) { documents_[d.key] = d; }
  void erase(std::uint64_t key) { documents_.erase(key); }
  std::size_t size() const { return documents_.size(); }

  std::vector<Hit> all(std::span<const QueryTerm> query, const LexicalSnapshot& index) const {
    std::map<TermId, double> weights;
    for (const auto& q : query) weights[q.term] += q.weight;
    std::vector<Hit> hits;
    for (const auto& [key, d] : documents_) {
      double score = 0;
      for (const auto& [term, weight] : weights) score += weight * index.idf(term) * saturated(d, term);
      if (score > 0) hits.push_back({key, static_cast<float>(score)});
    }
    return hits;
  }

 private:
  static double saturated(const Document& d, TermId term) {
    double tf = 0;
    for (std::size_t f = 0; f < d.fields.size(); ++f) {
      const auto& field = kSchema.fields[f];
      const auto n = static_cast<double>(std::count(d.fields[f].begin(), d.fields[f].end(), term));
      tf += n * field.weight /
            (1 - field.b + field.b * static_cast<double>(d.fields[f].size()) / field.typical_length);
    }
    return tf / (kSchema.k1 + tf);
  }
  std::map<std::uint64_t, Document> documents_;
};

// Term frequencies fall off as in language: some terms are in most documents, most are in few.
Document random_document(Random& random, std::uint64_t key, std::uint64_t vocabulary) {
  Document d{.key = key, .fields = {{}, {}}};
  for (auto& field : d.fields)
    for (std::uint64_t n = random.below(12); n > 0; --n)
      field.push_back(static_cast<TermId>(std::pow(static_cast<double>(vocabulary), random.unit())) *
                      0x9e3779b97f4a7c15ull);
  return d;
}

std::vector<QueryTerm> random_query(Random& random, std::uint64_t vocabulary) {
  std::vector<QueryTerm> query;
  const auto drawn = random_document(random, 0, vocabulary);
  for (const auto t : drawn.fields[0]) query.push_back({t, 0.5f + static_cast<float>(random.unit())});
  query.push_back({0x9e3779b97f4a7c15ull, 1});
  query.push_back({12345, 1});  // in no document
  return query;
}

// The k best of the formula, but for near ties: each hit's score is the formula's within the precision of
// one-byte impacts and 16-bit weights, and nothing clearly better was left out.
void expect_best(const std::vector<Hit>& got, std::vector<Hit> all, std::size_t k, const std::string& where) {
  std::map<std::uint64_t, float> score;
  float most = 0;
  for (const auto& h : all) {
    score[h.key] = h.score;
    most = std::max(most, h.score);
  }
  const float tolerance = 0.02f * most + 1e-4f;
  ASSERT_EQ(got.size(), std::min(k, all.size())) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(score.contains(got[i].key)) << where;
    ASSERT_NEAR(got[i].score, score[got[i].key], tolerance) << where;
    if (i)
      ASSERT_TRUE(got[i - 1].score > got[i].score ||
                  (got[i - 1].score == got[i].score && got[i - 1].key < got[i].key))
          << where;
    score.erase(got[i].key);
  }
  if (got.empty()) return;
  for (const auto& [key, s] : score) ASSERT_LE(s, got.back().score + 2 * tolerance) << where;
}

TEST(LexicalIndex, EqualsTheFormulaThroughPutsErasesAndMerges) {
  constexpr std::uint64_t kSeed = 20261;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  LexicalIndex index(kSchema);
  BruteForce model;
  for (int step = 0; step < 400; ++step) {
    const auto what = random.below(10);
    if (what < 7) {
      std::vector<Document> batch;
      for (std::uint64_t n = 1 + random.below(what == 0 ? 300 : 4); n > 0; --n)
        batch.push_back(random_document(random, random.below(3000), 2000));
      index.put(batch);
      for (const auto& d : batch) model.put(d);
    } else if (what < 9) {
      const std::vector<std::uint64_t> keys = {random.below(3000), random.below(3000)};
      index.erase(keys);
      for (const auto k : keys) model.erase(k);
    } else {
      index.compact();
      EXPECT_LE(index.snapshot()->parts().size(), 1u);
    }
    const auto snapshot = index.snapshot();
    ASSERT_EQ(snapshot->documents(), model.size());
    const auto query = random_query(random, 2000);
    const std::size_t k = 1 + random.below(20);
    expect_best(snapshot->search(query, k), model.all(query, *snapshot), k, "step " + std::to_string(step));
  }
}

TEST(LexicalIndex, SkippingGivesWhatScoringEverythingGives) {
  Random random(7);
  std::vector<Document> documents;
  for (std::uint64_t key = 0; key < 20000; ++key) documents.push_back(random_document(random, key, 5000));
  LexicalIndex index(kSchema);
  index.put(documents);
  index.compact();
  const auto snapshot = index.snapshot();
  for (int i = 0; i < 300; ++i) {
    const auto query = random_query(random, 5000);
    const auto every = snapshot->search(query, documents.size());  // no threshold ever: nothing is skipped
    for (const std::size_t k : {1u, 3u, 10u, 100u}) {
      const auto top = snapshot->search(query, k);
      ASSERT_EQ(top, std::vector<Hit>(every.begin(),
                                      every.begin() + static_cast<std::ptrdiff_t>(std::min(k, every.size()))))
          << i;
    }
  }
}

TEST(LexicalIndex, ChangedAThousandTimesEqualsBuiltAfresh) {
  Random random(11);
  LexicalIndex changed(kSchema), fresh(kSchema);
  std::map<std::uint64_t, Document> last;
  for (int i = 0; i < 1000; ++i) {
    auto d = random_document(random, random.below(200), 500);
    changed.put(std::span(&d, 1));
    last[d.key] = std::move(d);
  }
  changed.compact();
  std::vector<Document> documents;
  for (const auto& [key, d] : last) documents.push_back(d);
  fresh.put(documents);
  for (int i = 0; i < 200; ++i) {
    const auto query = random_query(random, 500);
    EXPECT_EQ(changed.snapshot()->search(query, 10), fresh.snapshot()->search(query, 10));
  }
}

TEST(LexicalIndex, AnEditIsSeenAtOnceAndOldSnapshotsStandStill) {
  LexicalIndex index(kSchema);
  index.put(std::vector<Document>{{1, {analyze("退款多久到账")}}, {2, {analyze("运费谁出")}}});
  const auto before = index.snapshot();
  index.put(std::vector<Document>{{1, {analyze("发票怎么开")}}});
  EXPECT_EQ(before->search(as_query(analyze("退款")), 5).size(), 1u);
  EXPECT_TRUE(index.snapshot()->search(as_query(analyze("退款")), 5).empty());
  EXPECT_EQ(index.snapshot()->search(as_query(analyze("开发票")), 5).front().key, 1u);
  index.erase(std::vector<std::uint64_t>{1, 99});
  EXPECT_TRUE(index.snapshot()->search(as_query(analyze("开发票")), 5).empty());
  EXPECT_EQ(index.snapshot()->documents(), 1u);
}

TEST(LexicalIndex, EmptyIndexEmptyQueryAndNoHits) {
  LexicalIndex index(kSchema);
  EXPECT_TRUE(index.snapshot()->search(as_query(analyze("退款")), 5).empty());
  index.compact();
  index.put({});
  index.put(std::vector<Document>{{1, {{}}}});
  EXPECT_TRUE(index.snapshot()->search({}, 5).empty());
  EXPECT_TRUE(index.snapshot()->search(as_query(analyze("退款")), 0).empty());
}

TEST(LexicalIndex, ScoreIsAShareOfTheHighest) {
  LexicalIndex index(kSchema);
  index.put(std::vector<Document>{{1, {analyze("退款多久到账")}}, {2, {analyze("运费谁出")}}});
  const auto snapshot = index.snapshot();
  const auto query = as_query(analyze("退款多久到账"));
  const auto hits = snapshot->search(query, 2);
  ASSERT_FALSE(hits.empty());
  EXPECT_GT(hits[0].score, 0.5f * snapshot->highest_score(query));
  EXPECT_LT(hits[0].score, snapshot->highest_score(query));
}

// Readers see some state between two writes, never half of one: every document holds all of its round's
// terms.
TEST(LexicalIndex, ReadersSeeWholeWritesWhileMergesRun) {
  LexicalIndex index(kSchema);
  constexpr std::uint64_t kDocuments = 50;
  const auto round_of = [](std::uint64_t round) {
    std::vector<Document> all;
    for (std::uint64_t key = 0; key < kDocuments; ++key) all.push_back({key, {{1, 1000 + round}, {2}}});
    return all;
  };
  index.put(round_of(0));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t round = 1; round < 200; ++round) index.put(round_of(round));
    stop = true;
  });
  std::thread compactor([&] {
    while (!stop) index.compact();
  });
  const std::vector<QueryTerm> common = {{1, 1}, {2, 1}};
  while (!stop) {
    const auto snapshot = index.snapshot();
    ASSERT_EQ(snapshot->documents(), kDocuments);
    ASSERT_EQ(snapshot->search(common, 100).size(), kDocuments);
  }
  writer.join();
  compactor.join();
  EXPECT_EQ(index.snapshot()->search(std::vector<QueryTerm>{{1199, 1}}, 100).size(), kDocuments);
}

TEST(Analyze, HanInCharactersAndPairsTheRestInWords) {
  const auto terms = analyze("手机 WiFi6连不上！");
  std::vector<TermId> expected;
  for (const auto* s : {U"手", U"手机", U"机", U"wifi6", U"连", U"连不", U"不", U"不上", U"上"}) {
    const std::u32string_view v = s;
    expected.push_back(term_id({reinterpret_cast<const char*>(v.data()), v.size() * 4}));
  }
  EXPECT_EQ(terms, expected);
  EXPECT_EQ(analyze("連不上"), analyze("连不上"));
  EXPECT_EQ(analyze("Where's my ORDER?").size(), 4u);
  EXPECT_TRUE(analyze("？！…😀 ").empty());
  EXPECT_EQ(analyze_sounds("留量"), analyze_sounds("流量"));
  EXPECT_EQ(analyze_sounds("祥单"), analyze_sounds("详单"));
  EXPECT_NE(analyze_sounds("流量"), analyze_sounds("退款"));
}

}  // namespace
}  // namespace zk::search
