// SPDX-License-Identifier: GPL-3.0-or-later
// A model's answer as Markdown that Qt may show: HTML is shown as text and images stay addresses,
// so that an answer can neither fetch anything nor draw outside of its place.
#pragma once

#include <QString>

QString safeMarkdown(const QString& text);
