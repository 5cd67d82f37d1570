#pragma once

#include <string>
#include <string_view>

namespace zk::nlu {

// Letters and digits only, in order: what is left of a message when punctuation and emoji are taken away.
std::string letters(std::string_view normalised);

}  // namespace zk::nlu
