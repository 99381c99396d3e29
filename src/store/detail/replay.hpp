#pragma once

#include <ablatrix/store/journal.hpp>

#include "journal_folder.hpp"
#include "result_tables.hpp"

namespace ablatrix::store::detail {

/// Write the rows that \p tables lack, or whose checksums do not match, from \p journals.
///
/// A row that is done and verifies stays as it is, whatever the journals say.
Replayed replay(JournalFolder& journals, ResultTables& tables);

}  // namespace ablatrix::store::detail
