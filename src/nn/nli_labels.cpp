#include <ablatrix/nn/nli_labels.hpp>

#include <cctype>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::nn {
namespace {

std::string lower_case(std::string text)
{
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::size_t only_label_with(std::string_view part, std::span<std::string const> labels, std::string const& file_name)
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (lower_case(labels[i]).find(part) != std::string::npos) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    throw DataError(file_name, 0,
                    std::string(found.empty() ? "no label" : "more than one label") + " says '" + std::string(part) +
                        "' (id2label: " + base::join(labels, ", ") +
                        "). Name the classes entailment, neutral and contradiction in id2label, in the order in which "
                        "the model was trained");
}

}  // namespace

NliLabels nli_labels(std::span<std::string const> labels, std::string const& file_name)
{
    NliLabels const out{only_label_with("entail", labels, file_name), only_label_with("neutral", labels, file_name),
                        only_label_with("contra", labels, file_name)};
    if (labels.size() == 3) return out;
    throw DataError(file_name, 0,
                    "natural-language inference has three classes (id2label: " + base::join(labels, ", ") +
                        "). Take a checkpoint that was trained on it");
}

}  // namespace ablatrix::nn
