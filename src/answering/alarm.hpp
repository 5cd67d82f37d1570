// Hears what must go to a person at once, however well an article would answer it: danger, fraud under way,
// an accusation or a complaint to an authority, the wish for a person. Learnt from messages to many companies
// (tools/train/alarm.py); it hears what the rules of nlu do not list. Multinomial logistic regression over
// the sentence's vector and the characters' n-grams. Immutable; thread-safe.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

namespace zk::answering {

// Probabilities; with that of an ordinary message they sum to 1.
struct AlarmReading {
  double person = 0, complaint = 0, danger = 0;
  double any() const { return person + complaint + danger; }
};

class AlarmModel {
 public:
  static constexpr std::size_t kMostBytes = 8 << 20;  // of the weights' file; a quarter of one is usual

  // Reads `alarm-zh.json`. Errors: kNotFound, kDataLoss (damaged or not this version).
  static Result<std::shared_ptr<const AlarmModel>> open(const std::string& path);
  static Result<std::shared_ptr<const AlarmModel>> parse(std::string_view text);

  std::size_t width() const { return width_; }  // of the sentence vector it reads
  double threshold() const { return at_; }      // of any(): from here on a person is called
  // `sentence`: width() floats of length 1.
  AlarmReading read(std::string_view normalised, std::span<const float> sentence) const;

 private:
  static constexpr std::size_t kClasses = 4;  // none, person, complaint, danger
  using Row = std::array<float, kClasses>;

  AlarmModel() = default;

  std::size_t width_ = 0;
  double at_ = 1.01;
  Row bias_{};
  std::vector<float> sentence_;  // kClasses rows of width_
  std::unordered_map<std::string, Row> grams_;
};

}  // namespace zk::answering
