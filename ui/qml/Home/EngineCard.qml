// SPDX-License-Identifier: GPL-3.0-or-later
// The engine: which device and why, memory, disk, port.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    title: qsTr("Engine")

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        Badge {
            kind: Engine.isConnected ? "good" : Engine.phase === "failed" ? "bad" : "warm"
            iconName: Engine.isConnected ? "check" : Engine.phase === "failed" ? "alert" : "clock"
            text: Engine.isConnected ? qsTr("Ready") : Engine.phase === "failed" ? qsTr("Stopped")
                                                                                 : qsTr("Starting")
        }
        Badge {
            visible: Engine.isConnected
            kind: "accent"
            text: Engine.deviceId.startsWith("cuda") ? "CUDA"
                : Engine.deviceId.startsWith("vulkan") ? "Vulkan" : "CPU"
        }
        Badge {
            visible: Engine.isAttached
            text: qsTr("started elsewhere")
            hint: qsTr("Another window or a terminal started this engine; it goes on when this window closes.")
        }
        Item {
            Layout.fillWidth: true
        }
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: Engine.isConnected
        spacing: Theme.s

        FactLine {
            Layout.fillWidth: true
            iconName: "chip"
            label: qsTr("Device")
            value: Engine.deviceName
        }
        Body {
            Layout.fillWidth: true
            Layout.leftMargin: Theme.iconSize + Theme.s - 1
            visible: text !== ""
            muted: true
            small: true
            text: [Engine.deviceDetail, Engine.deviceWhy].filter(part => part !== "").join(" · ")
        }
        FactLine {
            Layout.fillWidth: true
            iconName: "memory"
            label: qsTr("Memory")
            value: qsTr("%1 used, %2 free").arg(AppInfo.bytes(Engine.memoryResidentBytes))
                                           .arg(AppInfo.bytes(Engine.memoryAvailableBytes))
        }
        FactLine {
            Layout.fillWidth: true
            iconName: "disk"
            label: qsTr("Disk")
            value: qsTr("%1 free").arg(AppInfo.bytes(Engine.diskFreeBytes))
        }
        FactLine {
            Layout.fillWidth: true
            iconName: "models"
            label: qsTr("Loaded")
            value: Engine.loadedModels.length > 0 ? Engine.loadedModels.join(", ") : qsTr("no model yet")
        }
        FactLine {
            Layout.fillWidth: true
            iconName: "server"
            label: qsTr("Port")
            value: "127.0.0.1:" + Engine.port
        }
    }
    Body {
        Layout.fillWidth: true
        visible: !Engine.isConnected
        muted: true
        text: Engine.message
    }
    Item {
        Layout.fillHeight: true
    }
}
