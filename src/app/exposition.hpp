// Builds the text that GET /metrics answers with (Prometheus text format 0.0.4) from figures read at that
// moment. Used by one thread; made afresh for each scrape.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "exec/histogram.hpp"

namespace zk::app {

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string, std::string>>;
  Exposition();
  ~Exposition();
  // Series of one name follow each other or not, as it comes; the first help text counts.
  void counter(const std::string& name, const std::string& help, Labels labels, double value);
  void gauge(const std::string& name, const std::string& help, Labels labels, double value);
  void histogram(const std::string& name, const std::string& help, Labels labels,
                 const exec::HistogramSnapshot& value);
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace zk::app
