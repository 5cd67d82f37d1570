// The same models with a short memory: what was encoded a moment ago is not encoded again. A check asks each
// question twice in a row, of the knowledge base before and after, and encoding is most of what a question
// costs. Thread-safe; keeps the last 256 requests.
#pragma once

#include "answering/models.hpp"

namespace zk::review {

answering::Models with_memory(const answering::Models& models);

}  // namespace zk::review
