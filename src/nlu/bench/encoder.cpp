// The encoder beside the bare runtime in one run: the same token batches through OnnxModel::run on as many
// threads, then texts through Encoder::encode (tokenizer, queue and normalisation included). One JSON object;
// `ratio` is the encoder's share of the bare throughput. Rounds alternate, and processor time is given too,
// for machines that others use.
//
//   bench_nlu_encoder [THREADS [TEXTS]]
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/random.hpp"
#include "nlu/bge.hpp"
#include "nlu/metrics.hpp"

namespace zk::nlu {
namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
double cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Questions of 6 to 24 characters, 15 tokens on average.
std::vector<std::string> questions(std::size_t n) {
  static const std::u32string kCharacters =
      U"我想退货款多久到账运费谁出发票怎么开订单没有送快递查询会员优惠券能用吗手机坏了保修几年地址改密码";
  Random random(1);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n; ++i) {
    std::string s;
    for (std::uint64_t k = 6 + random.below(15); k > 0; --k) {
      const char32_t c = kCharacters[random.below(kCharacters.size())];
      s += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
            static_cast<char>(0x80 | (c & 63))};
    }
    out.push_back(std::move(s));
  }
  return out;
}

int run(int threads, std::size_t count) {
  const std::filesystem::path models = std::filesystem::path(ZK_SOURCE_DIR) / "models";
  const auto texts = questions(count);
  const auto pieces = WordPiece::load(models / "bge-small-zh-v1.5-tokenizer.json");
  const auto bare = OnnxModel::open(models / "bge-small-zh-v1.5-q.onnx", {});
  const auto encoder = open_bge(models, {.queue = {.workers = threads}});
  if (!pieces || !bare || !encoder) {
    fmt::print(stderr, "{}\n",
               !pieces ? pieces.error().message
               : !bare ? bare.error().message
                       : encoder.error().message);
    return 69;
  }
  std::vector<TokenBatch> batches;
  std::size_t tokens = 0;
  for (const auto& t : texts) {
    const auto encoded = pieces->encode(t);
    tokens += encoded.ids.size();
    batches.push_back(TokenBatch::pad({&encoded}));
  }
  const auto run_bare = [&] {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        for (std::size_t i; (i = next++) < batches.size();) (void)(*bare)->run(batches[i]);
      });
  };
  const auto run_encoder = [&] { (void)(*encoder)->encode(texts); };
  std::vector<double> bare_s, encoder_s, bare_cpu, encoder_cpu;
  run_bare();
  run_encoder();
  for (int round = 0; round < 5; ++round) {
    auto start = Clock::now();
    double c = cpu();
    run_bare();
    bare_s.push_back(since(start));
    bare_cpu.push_back(cpu() - c);
    start = Clock::now();
    c = cpu();
    run_encoder();
    encoder_s.push_back(since(start));
    encoder_cpu.push_back(cpu() - c);
  }
  std::vector<double> alone;
  for (std::size_t i = 0; i < std::min<std::size_t>(300, count); ++i) {
    const auto start = Clock::now();
    (void)(*encoder)->encode(std::span(texts).subspan(i, 1));
    alone.push_back(since(start) * 1e3);
  }
  const auto n = static_cast<double>(count);
  const double b = *std::min_element(bare_s.begin(), bare_s.end()),
               e = *std::min_element(encoder_s.begin(), encoder_s.end());
  const double bc = *std::min_element(bare_cpu.begin(), bare_cpu.end()),
               ec = *std::min_element(encoder_cpu.begin(), encoder_cpu.end());
  fmt::print(
      "{{\"threads\":{},\"texts\":{},\"tokens_mean\":{:.1f},\"bare_per_s\":{:.0f},\"encoder_per_s\":{:.0f},"
      "\"ratio\":{:.3f},"
      "\"bare_cpu_ms\":{:.3f},\"encoder_cpu_ms\":{:.3f},\"cpu_ratio\":{:.3f},\"alone_ms_p50\":{:.2f},\"alone_"
      "ms_p99\":{:.2f}}}\n",
      threads, count, static_cast<double>(tokens) / n, n / b, n / e, b / e, bc / n * 1e3, ec / n * 1e3,
      bc / ec, percentile(alone, 0.5), percentile(alone, 0.99));
  return 0;
}

}  // namespace
}  // namespace zk::nlu

int main(int argc, char** argv) {
  return zk::nlu::run(argc > 1 ? std::atoi(argv[1]) : 2, argc > 2 ? std::stoul(argv[2]) : 1000);
}
