#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ablatrix::nn {

/// Which logit of a natural-language-inference model says what.
struct NliLabels
{
    std::size_t entailment = 0, neutral = 0, contradiction = 0;
};

/// Finds the classes by name: the ones that contain "entail", "neutral" and "contra" in any case. Checkpoints disagree
/// on their order, so that it is never assumed. \p labels are id2label in order; \p file_name, config.json as a rule,
/// stands in messages. \throws DataError unless there are three labels and each name fits one of them; for LABEL_0 in
/// particular
NliLabels nli_labels(std::span<std::string const> labels, std::string const& file_name);

}  // namespace ablatrix::nn
