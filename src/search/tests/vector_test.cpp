#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>

#include "base/random.hpp"
#include "search/dot.hpp"
#include "search/fusion.hpp"
#include "search/vector_index.hpp"

namespace zk::search {
namespace {

std::vector<float> random_vector(Random& random, std::size_t dimension) {
  std::vector<float> v(dimension);
  double sum = 0;
  for (float& x : v) {
    x = static_cast<float>(random.unit() + random.unit() + random.unit() - 1.5);
    sum += static_cast<double>(x) * x;
  }
  for (float& x : v) x /= static_cast<float>(std::sqrt(sum));
  return v;
}

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return static_cast<float>(sum);
}

TEST(Dot, EqualsTheSumForEveryLength) {
  Random random(3);
  for (std::size_t n = 1; n <= 80; ++n) {
    const auto a = random_vector(random, n), b = random_vector(random, n);
    std::vector<std::int16_t> x(padded(n)), y(padded(n));
    to_fixed(a, x.data());
    to_fixed(b, y.data());
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < padded(n); ++i) sum += static_cast<std::int64_t>(x[i]) * y[i];
    EXPECT_EQ(dot(x.data(), y.data(), padded(n)), sum);
    EXPECT_NEAR(to_cosine(dot(x.data(), y.data(), padded(n))), cosine(a, b), 2e-4);
  }
  // The worst case for overflow: all weight on two neighbours.
  const std::vector<float> heavy = {1, 1}, huge = {3e30f, 0}, zero = {0, 0};
  std::vector<std::int16_t> h(padded(2));
  to_fixed(heavy, h.data());
  EXPECT_NEAR(to_cosine(dot(h.data(), h.data(), padded(2))), 1, 2e-4);
  to_fixed(huge, h.data());
  EXPECT_NEAR(to_cosine(dot(h.data(), h.data(), padded(2))), 1, 2e-4);
  to_fixed(zero, h.data());
  EXPECT_EQ(dot(h.data(), h.data(), padded(2)), 0);
}

void expect_nearest(const std::vector<Hit>& got, const std::map<std::uint64_t, std::vector<float>>& model,
                    const std::vector<float>& query, std::size_t k) {
  ASSERT_EQ(got.size(), std::min(k, model.size()));
  std::vector<float> all;
  for (const auto& [key, v] : model) all.push_back(cosine(query, v));
  std::sort(all.rbegin(), all.rend());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(model.contains(got[i].key));
    ASSERT_NEAR(got[i].score, cosine(query, model.at(got[i].key)), 1e-3);
    ASSERT_NEAR(got[i].score, all[i], 1e-3);
  }
}

TEST(VectorIndex, EqualsComparingWithEveryVectorThroughChanges) {
  Random random(20263);
  constexpr std::size_t kDimension = 40;
  VectorIndex index(kDimension);
  std::map<std::uint64_t, std::vector<float>> model;
  for (int step = 0; step < 500; ++step) {
    const auto what = random.below(10);
    if (what < 7) {
      std::vector<std::uint64_t> keys;
      std::vector<float> vectors;
      for (std::uint64_t n = 1 + random.below(what == 0 ? 200 : 3); n > 0; --n) {
        keys.push_back(random.below(1500));
        const auto v = random_vector(random, kDimension);
        vectors.insert(vectors.end(), v.begin(), v.end());
        model[keys.back()] = v;
      }
      index.put(keys, vectors);
    } else if (what < 9) {
      const std::vector<std::uint64_t> keys = {random.below(1500), random.below(1500)};
      index.erase(keys);
      for (const auto k : keys) model.erase(k);
    } else {
      index.compact();
    }
    const auto query = random_vector(random, kDimension);
    ASSERT_EQ(index.snapshot()->size(), model.size());
    const std::size_t k = 1 + random.below(15);
    expect_nearest(index.snapshot()->search(query, k), model, query, k);
  }
}

TEST(VectorIndex, TheGraphFindsWhatTheScanFinds) {
  Random random(5);
  constexpr std::size_t kDimension = 32, kVectors = 5000;
  VectorIndex index(kDimension, {.graph_from = 1000, .links = 16, .build_width = 120, .search_width = 160});
  std::vector<std::uint64_t> keys(kVectors);
  std::vector<float> vectors;
  for (std::size_t i = 0; i < kVectors; ++i) {
    keys[i] = i;
    const auto v = random_vector(random, kDimension);
    vectors.insert(vectors.end(), v.begin(), v.end());
  }
  index.put(keys, vectors);
  EXPECT_TRUE(index.compact_due());
  index.compact();
  EXPECT_FALSE(index.compact_due());
  // A third deleted and some added after the graph was built.
  std::vector<std::uint64_t> third;
  for (std::uint64_t k = 0; k < kVectors; k += 3) third.push_back(k);
  index.erase(third);
  const auto extra = random_vector(random, kDimension);
  index.put(std::vector<std::uint64_t>{999'999}, extra);
  const auto snapshot = index.snapshot();
  EXPECT_EQ(snapshot->size(), kVectors - third.size() + 1);
  EXPECT_EQ(snapshot->search(extra, 1).front().key, 999'999u);
  std::size_t found = 0, wanted = 0;
  for (int i = 0; i < 100; ++i) {
    const auto query = random_vector(random, kDimension);
    const auto exact = snapshot->search_exactly(query, 10), fast = snapshot->search(query, 10);
    ASSERT_EQ(fast.size(), 10u);
    for (const auto& h : fast) ASSERT_TRUE(h.key == 999'999 || h.key % 3 != 0);
    for (const auto& h : exact) found += static_cast<std::size_t>(std::count(fast.begin(), fast.end(), h));
    wanted += exact.size();
  }
  EXPECT_GE(found, wanted * 98 / 100);
}

TEST(VectorIndex, EverythingDeletedAndEmpty) {
  VectorIndex index(4, {.graph_from = 2});
  const std::vector<float> v = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  index.put(std::vector<std::uint64_t>{1, 2, 3}, v);
  index.compact();
  index.erase(std::vector<std::uint64_t>{1, 2});
  EXPECT_EQ(index.snapshot()->search(std::span(v).first(4), 5).size(), 1u);
  index.erase(std::vector<std::uint64_t>{3});
  EXPECT_TRUE(index.snapshot()->search(std::span(v).first(4), 5).empty());
  index.compact();
  EXPECT_EQ(index.snapshot()->size(), 0u);
}

TEST(VectorIndex, ReadersSeeWholeWritesWhileCompacting) {
  VectorIndex index(16, {.graph_from = 20});
  constexpr std::size_t kVectors = 40;
  std::vector<std::uint64_t> keys(kVectors);
  for (std::size_t i = 0; i < kVectors; ++i) keys[i] = i;
  Random random(9);
  const auto write = [&] {
    std::vector<float> all;
    for (std::size_t i = 0; i < kVectors; ++i) {
      const auto v = random_vector(random, 16);
      all.insert(all.end(), v.begin(), v.end());
    }
    index.put(keys, all);
  };
  write();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int round = 0; round < 100; ++round) write();
    stop = true;
  });
  std::thread compactor([&] {
    while (!stop) index.compact();
  });
  const std::vector<float> query(16, 1);
  while (!stop) ASSERT_EQ(index.snapshot()->search(query, 100).size(), kVectors);
  writer.join();
  compactor.join();
}

TEST(Fusion, ByRankAndByScore) {
  const std::vector<Hit> a = {{1, 9}, {2, 5}}, b = {{2, 0.9f}, {3, 0.8f}};
  const std::vector<Ranking> both = {{a, 1}, {b, 1}};
  const auto by_rank = fuse_by_rank(both, 10);
  ASSERT_EQ(by_rank.size(), 3u);
  EXPECT_EQ(by_rank[0].key, 2u);
  EXPECT_FLOAT_EQ(by_rank[0].score, 1 / 62.0f + 1 / 61.0f);
  EXPECT_EQ(by_rank[1].key, 1u);
  const std::vector<Ranking> weighted = {{a, 0.1f}, {b, 2}};
  const auto by_score = fuse_by_score(weighted, 2);
  ASSERT_EQ(by_score.size(), 2u);
  EXPECT_EQ(by_score[0].key, 2u);
  EXPECT_FLOAT_EQ(by_score[0].score, 0.5f + 1.8f);
  EXPECT_EQ(by_score[1].key, 3u);
}

}  // namespace
}  // namespace zk::search
