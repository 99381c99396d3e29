#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ablatrix/config/node.hpp>
#include <ablatrix/data/dataset.hpp>

#include "jobs/ecg/parameters.hpp"

namespace ablatrix::ecg {

/// Tables that the plan has loaded, each once, by content hash. Stages name a table by that hash alone, so artifacts do
/// not depend on where a file lies.
class Sources
{
  public:
    /// Load (or find) the table that \p data names. \p node is where messages about paths point to.
    /// \throws config::ConfigError for a file that is not there, DataError for what is wrong inside
    data::Dataset const& open(DataParameters const& data, config::Node const& node, std::filesystem::path const& base);
    /// The same for data.test_path; its classes are those of the training table.
    data::Dataset const& open_test(DataParameters const& data, config::Node const& node,
                                   std::filesystem::path const& base, data::Dataset const& train);
    /// \throws ContractError for a hash that was never opened
    data::Dataset const& at(std::string const& content) const;

  private:
    data::Dataset const& keep(std::string const& request, data::Dataset dataset);

    std::map<std::string, std::string> content_of_request_;
    std::map<std::string, data::Dataset> by_content_;
};

/// The parts that a table is cut into, as row indices; the same for every seed except `train`.
struct Partition
{
    std::vector<std::size_t> reserve;  ///< what the lexical explainer learns from
    std::vector<std::size_t> test;     ///< held out, empty when the source has its own test table
    std::vector<std::size_t> pool;     ///< what subsamples are drawn from
};

/// Sizes of a partition: reserve_rows capped at a quarter of the table.
std::size_t reserve_size(std::size_t table_rows, std::int64_t reserve_rows);
Partition partition(data::Dataset const& table, std::int64_t reserve_rows, std::int64_t test_rows);
/// Clean labels where the table has them, labels as given otherwise.
std::vector<std::int32_t> const& gold_labels(data::Dataset const& table);

}  // namespace ablatrix::ecg
