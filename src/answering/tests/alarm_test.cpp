#include "answering/alarm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace zk::answering {
namespace {

// Two floats wide; 火 speaks for danger, 人工 for a person, the first float for a complaint.
std::string weights() {
  return R"({"format":"zhike-alarm-1","at":0.6,"bias":[2,0,0,0],
    "sentence":[[0,0],[0,0],[6,0],[0,0]],
    "grams":{"火":[0,0,0,9],"人工":[0,9,0,0]}})";
}

TEST(AlarmModel, ReadsGramsAndTheSentence) {
  const auto model = AlarmModel::parse(weights());
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->width(), 2U);
  EXPECT_DOUBLE_EQ((*model)->threshold(), 0.6);
  const std::vector<float> plain = {0, 1}, angry = {1, 0};
  const auto calm = (*model)->read("天气", plain);
  EXPECT_NEAR(calm.any(), 3 / (3 + std::exp(2)), 1e-6);  // the biases alone
  EXPECT_GT((*model)->read("火", plain).danger, 0.99);
  // 人, 工, 人工: the weight stands once over the root of three.
  EXPECT_NEAR((*model)->read("人工", plain).person,
              std::exp(9 / std::sqrt(3.0)) / (std::exp(9 / std::sqrt(3.0)) + std::exp(2) + 2), 1e-6);
  EXPECT_GT((*model)->read("天气", angry).complaint, 0.95);
}

TEST(AlarmModel, RefusesWhatIsDamaged) {
  const auto replaced = [](std::string_view a, std::string_view b) {
    auto s = weights();
    s.replace(s.find(a), a.size(), b);
    return s;
  };
  for (const auto& text :
       {std::string("{"), std::string("[]"), replaced("alarm-1", "alarm-9"), replaced("[2,0,0,0]", "[2,0,0]"),
        replaced("[6,0]", "[6,0,1]"), replaced("[6,0]", "[6,\"x\"]"), replaced("[0,0,0,9]", "7"),
        replaced("\"at\":0.6", "\"at\":null"), replaced("[[0,0],", "["), replaced("[6,0]", "[1e99,0]")}) {
    const auto model = AlarmModel::parse(text);
    ASSERT_FALSE(model) << text;
    EXPECT_EQ(model.error().code, ErrorCode::kDataLoss);
  }
}

}  // namespace
}  // namespace zk::answering
