// SPDX-License-Identifier: GPL-3.0-or-later
// Version and licences.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    readonly property var parts: [
        ["Greylag", qsTr("window GPL-3.0-or-later; engine and trainer Apache-2.0")],
        ["Qt " + AppInfo.qtVersion, "LGPL-3.0"],
        ["QCustomPlot", "GPL-3.0-or-later"],
        ["LibTorch", "BSD-3-Clause"],
        ["Highway", "Apache-2.0"],
        ["Boost", "BSL-1.0"],
        ["SQLite", qsTr("public domain")],
        ["libcurl, OpenSSL, zlib", "curl, Apache-2.0, Zlib"],
        ["nlohmann-json, fmt, spdlog, yaml-cpp", "MIT"],
        ["CLI11", "BSD-3-Clause"]
    ]

    title: qsTr("About")

    Body {
        Layout.fillWidth: true
        text: qsTr("Greylag %1. No account, no telemetry; nothing leaves this computer except the downloads and searches that you start.").arg(AppInfo.version)
    }
    GridLayout {
        Layout.fillWidth: true
        columns: 2
        columnSpacing: Theme.l
        rowSpacing: 3

        Repeater {
            model: root.parts.length * 2

            Body {
                required property int index

                Layout.fillWidth: index % 2 === 1
                small: true
                muted: index % 2 === 1
                text: root.parts[Math.floor(index / 2)][index % 2]
            }
        }
    }
}
