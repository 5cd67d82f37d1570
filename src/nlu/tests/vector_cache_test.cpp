#include "nlu/vector_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/random.hpp"

namespace zk::nlu {
namespace {

// Gives each text a fixed random unit vector and notes what it was asked.
class Recorder final : public Encoder {
 public:
  explicit Recorder(std::string id = "recorder/1") : id_(std::move(id)) {}
  int dimension() const override { return 8; }
  std::string_view model_id() const override { return id_; }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    const std::lock_guard lock(mutex_);
    std::vector<float> out;
    for (const auto& t : texts) {
      asked.insert(t);
      const auto v = vector(t);
      out.insert(out.end(), v.begin(), v.end());
    }
    return out;
  }
  static std::vector<float> vector(const std::string& t) {
    Random random(std::hash<std::string>{}(t));
    std::vector<float> v;
    double sum = 0;
    for (int i = 0; i < 8; ++i) {
      v.push_back(static_cast<float>(random.unit() - 0.5));
      sum += static_cast<double>(v.back()) * v.back();
    }
    for (float& x : v) x /= static_cast<float>(std::sqrt(sum));
    return v;
  }
  std::multiset<std::string> asked;

 private:
  const std::string id_;
  std::mutex mutex_;
};

class VectorCache : public testing::Test {
 protected:
  VectorCache()
      : file_(std::filesystem::path(testing::TempDir()) / ("zk_vectors_" + std::to_string(::getpid()))) {
    std::filesystem::remove(file_);
  }
  ~VectorCache() override { std::filesystem::remove(file_); }

  std::shared_ptr<CachedEncoder> open(const VectorCacheOptions& options = {},
                                      const std::string& model = "recorder/1") {
    inner_ = std::make_shared<Recorder>(model);
    auto cache = CachedEncoder::open(inner_, file_, options);
    EXPECT_TRUE(cache) << cache.error().message;
    return *cache;
  }
  static std::vector<std::string> texts(int from, int to) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) out.push_back("text " + std::to_string(i));
    return out;
  }

  const std::filesystem::path file_;
  std::shared_ptr<Recorder> inner_;
};

TEST_F(VectorCache, ARestartEncodesNothingAndGivesTheSameVectors) {
  const auto all = texts(0, 2500);
  std::vector<float> first;
  {
    const auto cache = open();
    first = *cache->encode(all);
    EXPECT_EQ(inner_->asked.size(), all.size());
    EXPECT_EQ(*cache->encode(all), first);
    EXPECT_EQ(inner_->asked.size(), all.size());
  }
  const auto again = open();
  EXPECT_EQ(*again->encode(all), first);
  EXPECT_TRUE(inner_->asked.empty());
  EXPECT_EQ(again->figures().hits, all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t d = 0; d < 8; ++d) EXPECT_NEAR(first[i * 8 + d], Recorder::vector(all[i])[d], 1.6e-5);
}

TEST_F(VectorCache, QuestionsStayInMemoryAndAreBounded) {
  {
    const auto cache = open({.max_vectors = 100, .max_questions = 10});
    ASSERT_TRUE(cache->questions().encode(texts(0, 10)));
    ASSERT_TRUE(cache->questions().encode(texts(0, 10)));
    EXPECT_EQ(inner_->asked.size(), 10u);
    ASSERT_TRUE(cache->questions().encode(texts(10, 11)));
    ASSERT_TRUE(cache->questions().encode(texts(0, 1)));  // the least recently used one was dropped
    EXPECT_EQ(inner_->asked.count("text 0"), 2u);
    EXPECT_EQ(cache->figures().vectors, 0u);
    ASSERT_TRUE(cache->encode(texts(10, 11)));  // known as a question, now kept
    EXPECT_EQ(cache->figures().vectors, 1u);
    EXPECT_EQ(inner_->asked.count("text 10"), 1u);
  }
  const auto again = open();
  ASSERT_TRUE(again->encode(texts(0, 11)));
  EXPECT_EQ(inner_->asked.count("text 10"), 0u);
  EXPECT_EQ(inner_->asked.size(), 10u);
}

TEST_F(VectorCache, ATornTailIsCutAtEveryLength) {
  { ASSERT_TRUE(open()->encode(texts(0, 3))); }
  const auto whole = std::filesystem::file_size(file_);
  const auto record = (whole - 64) / 3;
  for (std::uintmax_t lost = 1; lost <= record; ++lost) {
    std::filesystem::resize_file(file_, whole - lost);
    const auto cache = open();
    EXPECT_EQ(cache->figures().vectors, 2u) << lost;
    ASSERT_TRUE(cache->encode(texts(0, 3)));
    EXPECT_EQ(inner_->asked.size(), 1u) << lost;
  }
}

TEST_F(VectorCache, AFlippedBitAnywhereNeverGivesAWrongVector) {
  { ASSERT_TRUE(open()->encode(texts(0, 3))); }
  std::string sound(std::filesystem::file_size(file_), '\0');
  std::ifstream(file_, std::ios::binary).read(sound.data(), static_cast<std::streamsize>(sound.size()));
  for (std::size_t at = 0; at < sound.size(); ++at) {
    auto damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(file_, std::ios::binary | std::ios::trunc)
        .write(damaged.data(), static_cast<std::streamsize>(damaged.size()));
    const auto got = *open()->encode(texts(0, 3));
    for (int i = 0; i < 3; ++i)
      for (std::size_t d = 0; d < 8; ++d)
        ASSERT_NEAR(got[static_cast<std::size_t>(i) * 8 + d],
                    Recorder::vector("text " + std::to_string(i))[d], 1.6e-5)
            << at;
  }
}

TEST_F(VectorCache, AnotherModelStartsAfresh) {
  { ASSERT_TRUE(open()->encode(texts(0, 3))); }
  const auto cache = open({}, "recorder/2");
  EXPECT_EQ(cache->figures().vectors, 0u);
}

TEST_F(VectorCache, ASecondUserOfTheFileIsRefused) {
  const auto cache = open();
  EXPECT_EQ(CachedEncoder::open(std::make_shared<Recorder>(), file_, {}).error().code, ErrorCode::kConflict);
}

TEST_F(VectorCache, FullFileDropsWhatWasNotUsedSince) {
  const VectorCacheOptions options{.max_vectors = 100, .max_questions = 10};
  { ASSERT_TRUE(open(options)->encode(texts(0, 90))); }
  {
    const auto cache = open(options);
    ASSERT_TRUE(cache->encode(texts(0, 20)));       // in use: must survive
    ASSERT_TRUE(cache->encode(texts(1000, 1025)));  // overflows
    EXPECT_LE(cache->figures().vectors, 100u);
    inner_->asked.clear();
    ASSERT_TRUE(cache->encode(texts(0, 20)));
    EXPECT_TRUE(inner_->asked.empty());
  }
  const auto again = open(options);
  ASSERT_TRUE(again->encode(texts(0, 20)));
  EXPECT_TRUE(inner_->asked.empty());
}

TEST_F(VectorCache, ManyThreads) {
  const auto cache = open({.max_vectors = 200, .max_questions = 10});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        const auto some = texts(t * 20 + round, t * 20 + round + 10);
        const auto got = round % 3 ? *cache->encode(some) : *cache->questions().encode(some);
        for (std::size_t i = 0; i < some.size(); ++i)
          EXPECT_NEAR(got[i * 8], Recorder::vector(some[i])[0], 1.6e-5);
      }
    });
  for (auto& t : threads) t.join();
}

}  // namespace
}  // namespace zk::nlu
