// SPDX-License-Identifier: GPL-3.0-or-later
// Puzzles to start with, from easy to harder than the built-in reasoner can do.
#pragma once

#include <QString>
#include <QVariantList>

// [{label, puzzle}] for a size, the easiest first; empty when there is no such size. Labels are in
// the user's language.
QVariantList sudokuExamples(int size);
