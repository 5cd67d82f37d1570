// Lexical search over a large corpus: build time, memory, latency, throughput, one JSON object. Same work as
// the Lucene bench that bench/search_scale runs beside it: from rows in memory to a searchable index; then
// text in, ten keys out, analysis included.
//
//   bench_search_scale CORPUS.tsv[.gz] QUERIES.tsv[.gz] [--sounds]
//
// Not a Google Benchmark: one build of a minute is measured once, and queries by percentile.
#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "search/analyze.hpp"
#include "search/lexical.hpp"

namespace zk::search {
namespace {

using Clock = std::chrono::steady_clock;
// Processor time of this thread: what a query costs on a machine that others use too.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// First and second column of a TSV with a header row, plain or gzip.
std::vector<std::pair<std::string, std::string>> read(const char* path) {
  std::vector<std::pair<std::string, std::string>> rows;
  gzFile file = gzopen(path, "rb");
  if (!file) return rows;
  std::vector<char> line(1 << 20);
  gzgets(file, line.data(), static_cast<int>(line.size()));
  while (gzgets(file, line.data(), static_cast<int>(line.size()))) {
    const std::string_view s(line.data(), std::strcspn(line.data(), "\r\n"));
    const auto tab = s.find('\t');
    rows.emplace_back(s.substr(0, tab), tab == std::string_view::npos ? "" : s.substr(tab + 1));
  }
  gzclose(file);
  return rows;
}

double resident_mb(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stod(line.substr(std::strlen(field) + 1)) / 1024;
  return 0;
}

int run(const char* corpus_path, const char* queries_path, bool sounds) {
  auto corpus = read(corpus_path);
  const auto queries = read(queries_path);
  if (corpus.empty() || queries.empty()) {
    fmt::print(stderr, "cannot read {} or {}\n", corpus_path, queries_path);
    return 66;
  }
  const double before = resident_mb("VmRSS:");
  Schema schema{.fields = {{.weight = 1, .b = 0.75f, .typical_length = 60}}};
  if (sounds) schema.fields.push_back({.weight = 0.5f, .b = 0.75f, .typical_length = 30});
  const auto start = Clock::now();
  constexpr std::size_t kChunk = 50'000;
  std::vector<std::shared_ptr<const Segment>> segments((corpus.size() + kChunk - 1) / kChunk);
  const auto worker = [&](std::size_t first, std::size_t step) {
    SegmentBuilder builder(schema);
    for (std::size_t c = first; c < segments.size(); c += step) {
      for (std::size_t i = c * kChunk; i < std::min(corpus.size(), (c + 1) * kChunk); ++i) {
        Document d{.key = i, .fields = {analyze(corpus[i].second)}};
        if (sounds) d.fields.push_back(analyze_sounds(corpus[i].second));
        builder.add(d);
      }
      segments[c] = builder.build();
    }
  };
  const std::size_t threads = std::min(2u, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (std::size_t t = 0; t < threads; ++t) workers.emplace_back(worker, t, threads);
  }
  LexicalIndex index(schema);
  index.load(std::move(segments));
  index.compact();
  const double build_seconds = since(start);
  const std::size_t documents = corpus.size();
  std::vector<std::pair<std::string, std::string>>().swap(corpus);

  const auto snapshot = index.snapshot();
  const auto ask = [&](const std::string& text) {
    auto query = as_query(analyze(text));
    if (sounds) {
      const auto more = as_query(analyze_sounds(text));
      query.insert(query.end(), more.begin(), more.end());
    }
    return snapshot->search(query, 10).size();
  };
  std::vector<double> ms, cpu_ms;
  for (std::size_t i = 0; i < 1000; ++i) ask(queries[i % queries.size()].first);
  const auto asked = Clock::now();
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto one = Clock::now();
    const double cpu = cpu_seconds();
    ask(queries[i % queries.size()].first);
    cpu_ms.push_back((cpu_seconds() - cpu) * 1e3);
    ms.push_back(since(one) * 1e3);
  }
  const double seconds = since(asked);
  std::sort(ms.begin(), ms.end());
  std::sort(cpu_ms.begin(), cpu_ms.end());

  // One edit of a running index: new text for an existing key, searchable on return.
  std::vector<double> edit_ms;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto one = Clock::now();
    const Document d{.key = i * 997 % documents, .fields = {analyze(queries[i % queries.size()].first)}};
    index.put(std::span(&d, 1));
    edit_ms.push_back(since(one) * 1e3);
  }
  std::sort(edit_ms.begin(), edit_ms.end());
  fmt::print(
      "{{\"documents\":{},\"build_seconds\":{:.1f},\"index_mb\":{:.0f},\"resident_mb\":{:.0f},\"peak_mb_over_"
      "corpus\":{:.0f},"
      "\"cpu_ms_p50\":{:.3f},\"cpu_ms_p99\":{:.3f},\"ms_p50\":{:.3f},\"ms_p99\":{:.3f},\"qps\":{:.0f},\"edit_"
      "ms_p50\":{:.3f},\"edit_ms_p99\":{:.3f}}}\n",
      documents, build_seconds, static_cast<double>(snapshot->memory_bytes()) / 1048576,
      resident_mb("VmRSS:"), resident_mb("VmHWM:") - before, cpu_ms[cpu_ms.size() / 2], cpu_ms[cpu_ms.size() * 99 / 100], ms[ms.size() / 2], ms[ms.size() * 99 / 100],
      static_cast<double>(ms.size()) / seconds, edit_ms[100], edit_ms[198]);
  return 0;
}

}  // namespace
}  // namespace zk::search

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "bench_search_scale CORPUS.tsv[.gz] QUERIES.tsv[.gz] [--sounds]\n");
    return 64;
  }
  return zk::search::run(argv[1], argv[2], argc > 3 && std::string_view(argv[3]) == "--sounds");
}
