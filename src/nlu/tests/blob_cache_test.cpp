#include "nlu/blob_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace zk::nlu {
namespace {

class Blobs : public testing::Test {
 protected:
  Blobs() : file_(std::filesystem::path(testing::TempDir()) / ("zk_blobs_" + std::to_string(::getpid()))) {
    std::filesystem::remove(file_);
  }
  ~Blobs() override { std::filesystem::remove(file_); }

  std::shared_ptr<BlobCache> open(std::size_t most = 10'000, const std::string& owner = "model/1") {
    auto cache = BlobCache::open(file_, owner, most);
    EXPECT_TRUE(cache) << cache.error().message;
    return *cache;
  }
  static std::string text(int i) { return "text " + std::to_string(i); }
  static std::string made_of(int i) { return std::string(static_cast<std::size_t>(i % 7), 'x') + text(i); }
  static void put(BlobCache& cache, int from, int to) {
    for (int i = from; i < to; ++i) EXPECT_TRUE(cache.put(text_key(text(i)), made_of(i)));
  }
  // How many of them are there; one that is there and wrong fails the test.
  static int right(BlobCache& cache, int from, int to) {
    int n = 0;
    for (int i = from; i < to; ++i) {
      const auto found = cache.find(text_key(text(i)));
      if (found) EXPECT_EQ(*found, made_of(i));
      n += found ? 1 : 0;
    }
    return n;
  }

  const std::filesystem::path file_;
};

TEST_F(Blobs, ARestartKnowsEverything) {
  { put(*open(), 0, 2500); }
  const auto again = open();
  EXPECT_EQ(again->size(), 2500U);
  EXPECT_EQ(right(*again, 0, 2500), 2500);
  EXPECT_EQ(right(*again, 2500, 2600), 0);
}

TEST_F(Blobs, ATornTailIsCutAtEveryLength) {
  { put(*open(), 0, 3); }
  const auto whole = std::filesystem::file_size(file_);
  const auto last = made_of(2).size() + 24;
  for (std::uintmax_t lost = 1; lost <= last; ++lost) {
    std::filesystem::resize_file(file_, whole - lost);
    const auto cache = open();
    EXPECT_EQ(cache->size(), 2U) << lost;
    EXPECT_EQ(right(*cache, 0, 3), 2) << lost;
    put(*cache, 2, 3);
  }
}

TEST_F(Blobs, AFlippedBitAnywhereNeverGivesWrongBytes) {
  { put(*open(), 0, 3); }
  std::string sound(std::filesystem::file_size(file_), '\0');
  std::ifstream(file_, std::ios::binary).read(sound.data(), static_cast<std::streamsize>(sound.size()));
  for (std::size_t at = 0; at < sound.size(); ++at) {
    auto damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(file_, std::ios::binary | std::ios::trunc)
        .write(damaged.data(), static_cast<std::streamsize>(damaged.size()));
    EXPECT_LT(right(*open(), 0, 3), 3) << at;
  }
}

TEST_F(Blobs, AnotherOwnerStartsAfresh) {
  { put(*open(), 0, 3); }
  EXPECT_EQ(open(100, "model/2")->size(), 0U);
}

TEST_F(Blobs, ASecondUserOfTheFileIsRefused) {
  const auto cache = open();
  EXPECT_EQ(BlobCache::open(file_, "model/1", 100).error().code, ErrorCode::kConflict);
}

TEST_F(Blobs, AFullFileDropsWhatWasNotUsedSince) {
  { put(*open(100), 0, 90); }
  {
    const auto cache = open(100);
    EXPECT_EQ(right(*cache, 0, 20), 20);  // in use: must survive
    put(*cache, 1000, 1025);              // overflows
    EXPECT_LE(cache->size(), 100U);
    EXPECT_EQ(right(*cache, 0, 20), 20);
  }
  EXPECT_EQ(right(*open(100), 0, 20), 20);
}

TEST_F(Blobs, ManyThreads) {
  const auto cache = open(200);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        put(*cache, t * 20 + round, t * 20 + round + 10);
        EXPECT_GT(right(*cache, t * 20 + round, t * 20 + round + 10), 0);
      }
    });
  for (auto& t : threads) t.join();
}

}  // namespace
}  // namespace zk::nlu
