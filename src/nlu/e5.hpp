// Multilingual sentence encoder: multilingual-e5-small in 4 bits (Wang et al. 2024), 384 dimensions. Every
// text is encoded as a question ("query: "), so that questions compare with questions. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>

#include "nlu/encoder.hpp"
#include "nlu/run_queue.hpp"

namespace zk::nlu {

// models_dir/e5-small-q4.bin. kNotFound when absent, kDataLoss when its SHA-256 is not the one of
// models/e5-small.md, kUnavailable when this build or this processor (AVX2 and FMA are needed) cannot run it.
Result<std::shared_ptr<Encoder>> open_e5(const std::filesystem::path& models_dir,
                                         const RunQueueOptions& queue = {.workers = 0, .max_batch = 8});

}  // namespace zk::nlu
