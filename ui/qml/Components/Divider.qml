// SPDX-License-Identifier: GPL-3.0-or-later
import QtQuick
import Greylag

Rectangle {
    implicitWidth: 1
    implicitHeight: 1
    color: Theme.border
}
