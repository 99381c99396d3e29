#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::nn {

enum class Precision { fp32, tf32, bf16 };

/// Where and how to compute. Results do not depend on threads.
struct Compute
{
    std::string device = "cpu";  ///< "cpu" or "cuda:<index>"
    Precision precision = Precision::fp32;
    int threads = 1;
};

enum class Pooling { mean, cls, max };

struct EmbedOptions
{
    Pooling pooling = Pooling::mean;
    bool normalize = true;
    int max_length = 0;  ///< tokens; longer texts are cut there
};

/// A frozen encoder with its tokenizer: texts in, vectors out.
class Embedder
{
  public:
    /// A folder in Hugging Face or sentence-transformers layout. Pooling, maximum length and normalisation come from
    /// modules.json and the files of the modules that it names (1_Pooling/config.json, sentence_bert_config.json,
    /// tokenizer_config.json); without modules.json: mean, normalised, all positions.
    /// \throws DataError for files that are missing, damaged or not understood; Error for a device that is not there
    /// \p max_length cuts rows there instead (0: what the files say); more than the positions allow is a DataError.
    static Embedder load(std::filesystem::path const& folder, Compute const& compute, int max_length = 0);

    /// Row-major [texts x dim()]. Row i depends on text i alone, up to rounding: texts are sorted by length into batches.
    std::vector<float> embed(std::span<std::string const> texts,
                             std::function<void(std::size_t done)> const& progress = {}) const;
    std::int64_t dim() const;
    EmbedOptions const& options() const;
    EncoderConfig const& config() const;
    text::Tokenizer const& tokenizer() const;

    class Impl;
    explicit Embedder(std::shared_ptr<Impl const> impl);

  private:
    std::shared_ptr<Impl const> impl_;
};

/// How a folder's files say that it embeds (see Embedder::load), without reading its weights.
EmbedOptions read_embed_options(std::filesystem::path const& folder);

/// What `ablatrix model info` tells; weights are mapped and hashed, not loaded.
struct CheckpointInfo
{
    EncoderConfig config;
    std::string content;              ///< hash of config, weights and tokenizer files: what a fingerprint needs
    std::int64_t parameters = 0;      ///< of all floating tensors
    std::vector<std::string> heads;   ///< "classifier", "span QA", "masked LM", "pooler"
    std::vector<std::pair<std::string, std::int64_t>> types;  ///< "F32" -> tensors
    std::uint64_t bytes = 0;
    std::string tokenizer;            ///< "WordPiece, 30522 tokens"
};
CheckpointInfo inspect_checkpoint(std::filesystem::path const& folder);
/// The content hash alone.
std::string checkpoint_content(std::filesystem::path const& folder);

}  // namespace ablatrix::nn
