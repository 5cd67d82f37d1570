// Keeps the vectors of texts on disk so that a restart encodes nothing again: a decorator over any Encoder. One append-only
// file per model (header: magic, dimension, model id; records: 128-bit text hash, floats, checksum). Only offsets stay in
// memory (24 bytes a text). A record broken off by a crash is cut at open. Not a cache of questions asked: texts of customers
// pass through encode() without being kept (see questions()). Thread-safe.
#pragma once

#include <filesystem>
#include <memory>

#include "nlu/encoder.hpp"

namespace zk::answering {

// Errors: kInternal when the directory cannot be written, kDataLoss when a file of that name is none of ours.
Result<std::shared_ptr<nlu::Encoder>> cache_on_disk(std::shared_ptr<nlu::Encoder> encoder, const std::filesystem::path& directory);

}  // namespace zk::answering
