// Bytes a second of the personal-data scan and of normalisation, over sentences as customers write them.
#include <benchmark/benchmark.h>

#include <array>

#include "text/pii.hpp"
#include "text/text.hpp"

namespace {
constexpr std::array<std::string_view, 10> kSentences{
    "我昨天在你们店里买的那件外套颜色发错了，我要的是黑色不是蓝色，这个可以换吗，运费谁出？",
    "订单号202407051388001122一直显示待发货，帮我催一下吧，都三天了",
    "请问你们支持七天无理由退货吗",
    "我的手机是13812345678，快递打这个就行",
    "会员积分什么时候到账，怎么查，能不能换成优惠券用",
    "地址改成上海市浦东新区锦绣路1688弄27号1203室",
    "为什么我的优惠券用不了，提示不满足条件，可是我买了两百多块钱的东西",
    "Where can I see the tracking number for my parcel?",
    "发票抬头开错了能重新开吗，大概要几天",
    "太慢了，一直没有人理我，再不处理我就投诉了"};
void scan(benchmark::State& state) {
  std::int64_t bytes = 0;
  for (auto _ : state)
    for (const auto s : kSentences) {
      benchmark::DoNotOptimize(zk::text::find_pii(s));
      bytes += static_cast<std::int64_t>(s.size());
    }
  state.SetBytesProcessed(bytes);
}
void normalise(benchmark::State& state) {
  std::int64_t bytes = 0;
  for (auto _ : state)
    for (const auto s : kSentences) {
      benchmark::DoNotOptimize(zk::text::normalise(s));
      bytes += static_cast<std::int64_t>(s.size());
    }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(scan);
BENCHMARK(normalise);
}  // namespace
BENCHMARK_MAIN();
